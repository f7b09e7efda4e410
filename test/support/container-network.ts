import { spawn } from 'node:child_process';

/** What a container gets for a network. */
export interface NetworkOptions {
  readonly pid: number;
  /** Absent: nothing at all. */
  readonly addresses: readonly string[] | undefined;
  /** In whose network namespace the veth pair's other end is. Absent: in this one. */
  readonly hostSidePid: number | undefined;
}

let created = 0;

/** Makes the veth pairs with `host0` inside, everything up, and sets the addresses; gives the other ends' names. */
export async function addNetwork(containers: readonly NetworkOptions[]): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = containers.map(() => undefined);
  const pairs = new Map<number | undefined, string[]>();
  for (const [index, { pid, addresses, hostSidePid }] of containers.entries()) {
    if (addresses === undefined) continue;
    // At most 15 characters (IFNAMSIZ), and not those of another test process.
    const name = `mm${process.pid.toString(36)}-${(created++).toString(36)}`;
    names[index] = name;
    const commands = pairs.get(hostSidePid) ?? [];
    pairs.set(hostSidePid, commands);
    commands.push(
      `link add ${name} type veth peer name host0 netns ${pid}`,
      // The host says nothing into the pair, not even neighbour discovery.
      `link set ${name} addrgenmode none up`,
    );
  }
  for (const [hostSidePid, commands] of pairs) await ip(hostSidePid, commands);
  const waiting = containers.filter(({ addresses }) => addresses !== undefined);
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await configure(next);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return names;
}

async function configure({ pid, addresses = [] }: NetworkOptions): Promise<void> {
  const commands = ['link set lo up', 'link set host0 addrgenmode none up'];
  for (const address of addresses) {
    commands.push(`address add ${address} dev host0${address.includes(':') ? ' nodad' : ''}`);
  }
  await ip(pid, commands);
}

/** Runs ip(8) commands in one process, in a process's network namespace or in this one. */
function ip(pid: number | undefined, commands: readonly string[]): Promise<void> {
  const [command, ...parameters] =
    pid === undefined ? ['ip', '-batch', '-'] : ['nsenter', '-t', `${pid}`, '-n', '--', 'ip', '-batch', '-'];
  return new Promise((resolve, reject) => {
    const child = spawn(command as string, parameters, { stdio: ['pipe', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`ip -batch failed in the network namespace of ${pid ?? 'the test'}: ${errors.trim()}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(`${commands.join('\n')}\n`);
  });
}
