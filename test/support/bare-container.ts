import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a container is made. */
export interface BareOptions {
  /** In a user namespace, whose root is this uid and gid of the host. */
  readonly base?: number;
  /** With this one id only, and groups that nobody can change: as a user makes one who has no subordinate ids. */
  readonly single?: boolean;
  /** Files that it has, by their path: their text. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * A container as of podman or LXC, with no systemd in it: namespaces of its own of every kind but the network's, the
 * host's /usr, and a root directory, /proc and /dev/pts of its own. Its leader does nothing but sleep.
 */
export class BareContainer {
  /** Of PID 1 inside, as the host sees it. */
  readonly leader: number;
  /** Its root directory, seen from the host without what is mounted inside. */
  readonly directory: string;
  readonly #child: ChildProcess;

  private constructor(leader: number, directory: string, child: ChildProcess) {
    this.leader = leader;
    this.directory = directory;
    this.#child = child;
  }

  static async start({ base, single = false, files = {} }: BareOptions = {}): Promise<BareContainer> {
    const directory = makeTree(base ?? 0, files);
    const kinds = ['--mount', '--propagation=private', '--ipc', '--uts', '--pid', '--cgroup', '--fork', '--kill-child'];
    const users = base === undefined ? [] : ['--user', '--keep-caps'];
    const groups = single ? [`--groups=${GROUP}`] : [];
    const parameters = ['--pdeathsig=KILL', ...groups, 'unshare', ...kinds, ...users, '--', 'sh', '-ec', script];
    const env = {
      ...process.env,
      ROOT: directory,
      CHANGE_GROUPS: single ? '--keep-groups' : '--clear-groups',
      TTY_GROUP: single ? '' : ',gid=5',
    };
    const child = spawn('setpriv', parameters, { env, stdio: 'pipe' });
    const said = new Listener(child);
    try {
      await said.line('unshared');
      if (base !== undefined) {
        if (single) writeFileSync(`/proc/${child.pid}/setgroups`, 'deny');
        for (const map of ['uid_map', 'gid_map']) {
          writeFileSync(`/proc/${child.pid}/${map}`, `0 ${base} ${single ? 1 : 65536}`);
        }
      }
      child.stdin?.write('\n');
      await said.line('ready');
      return new BareContainer(childOf(child.pid as number), directory, child);
    } catch (error) {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true });
      throw error;
    }
  }

  /** Runs a program in all of its namespaces, as its root, and gives what it printed. */
  run(command: string, ...parameters: string[]): string {
    return execFileSync('nsenter', [...this.#entering, '--', command, ...parameters], { encoding: 'utf8' });
  }

  /** Starts one that stays. */
  spawn(command: string, ...parameters: string[]): ChildProcess {
    return spawn('nsenter', [...this.#entering, '--', command, ...parameters], { stdio: 'pipe' });
  }

  /** Ends it at once, with all that runs in it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      // Its parent waits for it.
      process.kill(this.leader, 'SIGKILL');
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #entering(): readonly string[] {
    return ['--target', `${this.leader}`, '--all', '--wdns=/'];
  }
}

/** Why there can be none here, for `describe.skipIf`, or undefined. */
export function bareContainersUnavailable(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'a container with namespaces of its own needs root';
}

/** A supplementary group of who makes a container with one id. */
const GROUP = 31_337;

/** In the namespaces: waits for its ids, takes them, mounts and goes into its root. */
const script = `
  echo unshared; read -r _
  exec setpriv --reuid=0 --regid=0 $CHANGE_GROUPS --inh-caps=-all --ambient-caps=-all sh -ec '
    mount --rbind /usr "$ROOT/usr"
    mount -t proc proc "$ROOT/proc"
    mount -t devpts devpts "$ROOT/dev/pts" -o newinstance,ptmxmode=0666,mode=620$TTY_GROUP
    for name in null zero full random urandom tty; do mount --bind /dev/$name "$ROOT/dev/$name"; done
    # Where our processes that come in say what they have run (npm run coverage).
    if [ -n "$NODE_V8_COVERAGE" ]; then
      mkdir -p "$ROOT$NODE_V8_COVERAGE"; mount --bind "$NODE_V8_COVERAGE" "$ROOT$NODE_V8_COVERAGE"
    fi
    mount --bind "$ROOT" /mnt; mount --rbind "$ROOT" /mnt; cd /mnt; pivot_root . mnt; umount -l /mnt
    exec chroot . sh -c "echo ready; exec sleep 10000 </dev/null >/dev/null 2>&1"
  '
`;

function makeTree(base: number, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-bare-'));
  const owned = (path: string): void => {
    chownSync(join(directory, path), base, base);
  };
  chmodSync(directory, 0o755);
  for (const name of ['usr', 'proc', 'dev', 'dev/pts', 'run', 'etc', 'root', 'home', 'tmp', 'mnt']) {
    mkdirSync(join(directory, name));
    owned(name);
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(directory, name));
  for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty']) {
    writeFileSync(join(directory, 'dev', name), '');
  }
  symlinkSync('pts/ptmx', join(directory, 'dev/ptmx'));
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(join(directory, path), text);
    owned(path);
  }
  owned('.');
  return directory;
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

/** Waits for lines of a process's output; what it says of errors is in the error. */
class Listener {
  #text = '';
  #errors = '';
  #wake = (): void => {};
  #ended = false;

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    child.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async line(wanted: string): Promise<void> {
    while (!this.#text.split('\n').includes(wanted)) {
      if (this.#ended) throw new Error(`the container did not start: ${this.#errors.trim()}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
