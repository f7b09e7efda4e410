import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { startContainers } from '../../test/support/namespaces.ts';
import { register } from '../machines.ts';

/** A name server to measure. */
export interface DnsServer {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

/** Both servers, and what they know. */
export interface DnsServers {
  readonly reference: DnsServer;
  readonly candidate: DnsServer;
  /** Names with their addresses. */
  readonly names: readonly { readonly name: string; readonly addresses: readonly [ipv4: string, ipv6: string] }[];
  /** A directory for files; it goes with this process. */
  readonly directory: string;
}

/** Starts containers, mymachines with them registered, and a dnsmasq with the same names. All end with this process. */
export async function startServers(projectRoot: string, count: number): Promise<DnsServers> {
  const directory = mkdtempSync('/run/mymachines-bench-dns-');
  // Others than root may look for sockets in it.
  chmodSync(directory, 0o755);
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const names = Array.from({ length: count }, (_, index) => {
    const [high, low] = [index >> 8, index & 0xff];
    const ipv6 = `fd00:${(high + 1).toString(16)}:${(low + 1).toString(16)}::2`;
    return { name: `m${index}.${DOMAIN}`, addresses: [`10.${high}.${low}.2`, ipv6] as const };
  });
  const candidate = await startMymachines(projectRoot, directory, names);
  return { reference: await startDnsmasq(directory, names), candidate, names, directory };
}

async function startMymachines(projectRoot: string, directory: string, names: DnsServers['names']): Promise<DnsServer> {
  const at = { address: '127.0.1.1', port: 5401 };
  const main = `${projectRoot}/dist/cli/main.js`;
  const serve = ['serve', '--runtime-dir', directory, '--log-level', 'warning', '--dns', `${at.address}:${at.port}`];
  const child = start(process.execPath, [main, ...serve]);
  await answering(child, at.port);
  const containers = await startContainers(names.length, (index) => {
    const [ipv4, ipv6] = names[index]?.addresses ?? [];
    return { addresses: [`${ipv4}/24`, `${ipv6}/64`] };
  });
  const machines = containers.map(({ pid }, index) => ({ name: `m${index}`, leader: pid, base: 0 }));
  await register(`${directory}/machine/io.systemd.Machine`, machines);
  const version = execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).trim().split(' ')[1] ?? '';
  return { name: 'mymachines', version, ...at, pid: child.pid as number };
}

async function startDnsmasq(directory: string, names: DnsServers['names']): Promise<DnsServer> {
  const at = { address: '127.0.1.2', port: 5402 };
  const hosts = `${directory}/hosts`;
  const lines = names.flatMap(({ name, addresses }) => addresses.map((address) => `${address} ${name}\n`));
  writeFileSync(hosts, lines.join(''));
  const child = start('dnsmasq', [
    ...['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', `--addn-hosts=${hosts}`],
    ...[`--listen-address=${at.address}`, '--bind-interfaces', `--port=${at.port}`, `--local=/${DOMAIN}/`],
    // As the user that it is started by, who can read the file.
    ...['--user=root', '--pid-file='],
  ]);
  await answering(child, at.port);
  const version = /version (\S+)/.exec(execFileSync('dnsmasq', ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  return { name: 'dnsmasq', version, ...at, pid: child.pid as number };
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
