import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { startContainers } from '../../test/support/namespaces.ts';
import { startLeaders } from '../leaders/leaders.ts';
import { askWithoutError, register } from '../machines.ts';

/** A name server to measure. */
export interface DnsServer {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

/** A name that both servers know. */
export interface KnownName {
  readonly name: string;
  /** IPv4, and IPv6 where it has one. */
  readonly addresses: readonly string[];
}

/** Both servers, and what they know. All end with this process. */
export class DnsServers {
  readonly reference: DnsServer;
  readonly candidate: DnsServer;
  /** A directory for files. */
  readonly directory: string;
  readonly #names: KnownName[] = [];

  static async start(projectRoot: string): Promise<DnsServers> {
    const directory = mkdtempSync('/run/mymachines-bench-dns-');
    // Others than root may look for sockets in it.
    chmodSync(directory, 0o755);
    process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
    return new DnsServers(directory, await startDnsmasq(directory), await startMymachines(projectRoot, directory));
  }

  private constructor(directory: string, reference: DnsServer, candidate: DnsServer) {
    this.directory = directory;
    this.reference = reference;
    this.candidate = candidate;
  }

  get names(): readonly KnownName[] {
    return this.#names;
  }

  /**
   * Gives both more names, up to a number. The first ones are those of containers with a network namespace each, which
   * is as many as can be started in a moment; the others those of VMs that are registered with their address.
   */
  async grow(count: number): Promise<void> {
    const first = this.#names.length;
    const more = Array.from({ length: Math.max(0, count - first) }, (_, index) => known(first + index));
    const containers = more.filter(({ addresses }) => addresses.length > 1);
    await this.#startContainers(first, containers);
    await this.#startGuests(first + containers.length, more.slice(containers.length));
    this.#names.push(...more);
    writeFileSync(hostsFile(this.directory), this.#names.flatMap(hostsLines).join(''));
    process.kill(this.reference.pid, 'SIGHUP');
  }

  async #startContainers(first: number, names: readonly KnownName[]): Promise<void> {
    if (names.length === 0) return;
    const containers = await startContainers(names.length, (index) => {
      const [ipv4, ipv6] = names[index]?.addresses ?? [];
      return { addresses: [`${ipv4}/24`, `${ipv6}/64`] };
    });
    const machines = containers.map(({ pid }, index) => ({ name: `m${first + index}`, leader: pid, base: 0 }));
    await register(this.#socket, machines);
  }

  async #startGuests(first: number, names: readonly KnownName[]): Promise<void> {
    if (names.length === 0) return;
    const { machines } = await startLeaders(names.length, { prefix: 'guests', users: false });
    const calls = machines.map(({ leader }, index) => {
      const [sshAddress] = names[index]?.addresses ?? [];
      // With an interface, if only that of nobody, so that none is looked for.
      const parameters = { name: `m${first + index}`, class: 'vm', leader, ifIndices: [LOOPBACK], sshAddress };
      return JSON.stringify({ method: 'io.systemd.Machine.Register', parameters });
    });
    await askWithoutError(this.#socket, calls);
  }

  get #socket(): string {
    return `${this.directory}/machine/io.systemd.Machine`;
  }
}

async function startMymachines(projectRoot: string, directory: string): Promise<DnsServer> {
  const at = { address: '127.0.1.1', port: 5401 };
  const main = `${projectRoot}/dist/cli/main.js`;
  const serve = ['serve', '--runtime-dir', directory, '--log-level', 'warning', '--dns', `${at.address}:${at.port}`];
  const child = start(process.execPath, [main, ...serve]);
  await answering(child, at.port);
  const version = execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).trim().split(' ')[1] ?? '';
  return { name: 'mymachines', version, ...at, pid: child.pid as number };
}

async function startDnsmasq(directory: string): Promise<DnsServer> {
  const at = { address: '127.0.1.2', port: 5402 };
  writeFileSync(hostsFile(directory), '');
  const child = start('dnsmasq', [
    ...['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts'],
    ...[`--addn-hosts=${hostsFile(directory)}`, `--local=/${DOMAIN}/`],
    ...[`--listen-address=${at.address}`, '--bind-interfaces', `--port=${at.port}`],
    // As the user that it is started by, who can read the file.
    ...['--user=root', '--pid-file='],
  ]);
  await answering(child, at.port);
  const version = /version (\S+)/.exec(execFileSync('dnsmasq', ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  return { name: 'dnsmasq', version, ...at, pid: child.pid as number };
}

function known(index: number): KnownName {
  const [high, low] = [index >> 8, index & 0xff];
  const ipv6 = `fd00:${(high + 1).toString(16)}:${(low + 1).toString(16)}::2`;
  const ipv4 = `10.${high}.${low}.2`;
  return { name: `m${index}.${DOMAIN}`, addresses: index < CONTAINERS ? [ipv4, ipv6] : [ipv4] };
}

function hostsFile(directory: string): string {
  return `${directory}/hosts`;
}

function hostsLines({ name, addresses }: KnownName): string[] {
  return addresses.map((address) => `${address} ${name}\n`);
}

function start(program: string, parameters: readonly string[]): ChildProcess {
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.prependListener('exit', () => child.kill('SIGKILL'));
  return child;
}

/** Waits until the port is somebody's. */
async function answering(child: ChildProcess, port: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    if (execFileSync('ss', ['-Hlun', `sport = :${port}`], { encoding: 'utf8' }) !== '') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${child.spawnfile} does not listen at port ${port}`);
}

const DOMAIN = 'machine.internal';
const CONTAINERS = 1000;
const LOOPBACK = 1;
