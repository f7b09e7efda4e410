import { execFileSync } from 'node:child_process';
import { addNetwork } from './container-network.ts';
import { isAlive, runIn, startTime } from './container-process.ts';
import { type StarterOptions, startProcesses } from './container-starter.ts';

/** What a test container is like. Every part is real: only init does nothing but sleep. */
export interface ContainerOptions {
  /** First host uid of its ids; inside it is 0. Default: a range of 65536 that no other container of this process has. */
  readonly uidBase?: number;
  /** First host gid. Default: as `uidBase`. */
  readonly gidBase?: number;
  /** How many ids. Default: 65536. */
  readonly count?: number;
  /** Lines of uid_map and gid_map as the kernel takes them (`INSIDE OUTSIDE COUNT`), instead of the three above. */
  readonly maps?: { readonly uid: string; readonly gid: string };
  /** No user namespace. */
  readonly hostUsers?: boolean;
  /** No network namespace. */
  readonly hostNetwork?: boolean;
  /** The network namespace of this container, instead of one of its own. */
  readonly networkOf?: Container;
  /**
   * Addresses with prefix length (`10.9.8.7/24`, `fd00::1/64`) for `host0`, one end of a veth pair that is made when
   * this is given, if only as `[]`. IPv6 addresses skip duplicate address detection.
   */
  readonly addresses?: readonly string[];
  /** Who has the other end of the veth pair. Default: the host. It has no address there. */
  readonly hostSide?: Container;
}

/** A process with namespaces of its own, as the init of a real container is. */
export class Container {
  readonly pid: number;
  /** Name of the veth pair's other end, where there is a pair. */
  readonly hostInterface?: string;
  readonly #startTime: string;

  constructor(pid: number, hostInterface: string | undefined) {
    this.pid = pid;
    this.#startTime = startTime(pid);
    if (hostInterface !== undefined) this.hostInterface = hostInterface;
    running.add(this);
  }

  /** False when it has ended, even when its PID is another process's by now. */
  get alive(): boolean {
    return isAlive(this.pid, this.#startTime);
  }

  /** Runs a program in the container's network namespace, as the host's root, and gives its output. */
  exec(command: string, ...parameters: string[]): Promise<string> {
    return runIn(this.pid, command, parameters);
  }

  /** Ends the init. Its namespaces go with it, unless something else holds them; the kernel does that a little later. */
  async stop(): Promise<void> {
    await stopContainers([this]);
  }

  /** Sends SIGKILL and does not wait. */
  kill(): void {
    running.delete(this);
    if (this.alive) process.kill(this.pid, 'SIGKILL');
  }
}

/** Why containers cannot be started here, for `describe.skipIf`, or undefined. */
export function containersUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return 'containers need root';
  try {
    execFileSync('unshare', ['--user', '--net', '--keep-caps', 'setpriv', '--pdeathsig', 'KILL', 'true'], {
      stdio: 'pipe',
    });
    execFileSync('nsenter', ['--version'], { stdio: 'pipe' });
    execFileSync('ip', ['-V'], { stdio: 'pipe' });
  } catch (error) {
    return `containers need util-linux, iproute2 and user namespaces: ${(error as Error).message.trim()}`;
  }
  return undefined;
}

/** Starts one container: user and network namespace of its own unless told otherwise. */
export async function startContainer(options: ContainerOptions = {}): Promise<Container> {
  const [container] = await startContainers(1, () => options);
  return container as Container;
}

/**
 * Starts many at once, 1,000 in about three seconds. Without `optionsOf` each has only an id map of its own, and the
 * host's network. If one cannot be started, none is.
 */
export async function startContainers(
  count: number,
  optionsOf: (index: number) => ContainerOptions = () => ({ hostNetwork: true }),
): Promise<Container[]> {
  const options = Array.from({ length: count }, (_, index) => optionsOf(index));
  const pids = await startProcesses(options.map(starterOptions));
  let interfaces: (string | undefined)[] = [];
  try {
    interfaces = await addNetwork(
      options.map(({ addresses, hostSide }, index) => ({
        pid: pids[index] as number,
        addresses,
        hostSidePid: hostSide?.pid,
      })),
    );
  } catch (error) {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    throw error;
  }
  return pids.map((pid, index) => new Container(pid, interfaces[index]));
}

/** Ends them all and waits until every one is gone. */
export async function stopContainers(containers: readonly Container[]): Promise<void> {
  for (const container of containers) container.kill();
  for (const container of containers) {
    while (container.alive) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Ends whatever this process has started and not stopped, for `afterAll`. */
export async function stopAllContainers(): Promise<void> {
  await stopContainers([...running]);
}

const running = new Set<Container>();
// Belt and braces: a killed test process takes its containers along by PR_SET_PDEATHSIG.
process.on('exit', () => {
  for (const container of running) container.kill();
});

// Above what useradd and systemd-nspawn give out.
let nextBase = 0x40000000;

function starterOptions(options: ContainerOptions): StarterOptions {
  const { hostUsers = false, hostNetwork = false, networkOf, count = 65536 } = options;
  const network = hostNetwork ? 'host' : (networkOf?.pid ?? 'own');
  if (hostUsers) return { network };
  if (options.maps !== undefined) return { network, maps: options.maps };
  const uidBase = options.uidBase ?? nextBase;
  if (options.uidBase === undefined) nextBase += count;
  const gidBase = options.gidBase ?? uidBase;
  return { network, maps: { uid: `0 ${uidBase} ${count}`, gid: `0 ${gidBase} ${count}` } };
}
