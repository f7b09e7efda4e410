import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { childrenOf } from '../support/child-processes.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { projectRoot } from '../support/project-root.ts';
import { ENCLOSED_FILES } from './enclosed-files.ts';
import { type EnclosurePlan, initProgram } from './enclosure-init.ts';
import { FUZZ_USER } from './temporary-directory.ts';

/** Whom an enclosed daemon is asked by: root, and a user who has nothing. */
export const CALLERS = [0, FUZZ_USER] as const;

export type Caller = (typeof CALLERS)[number];

/** The sockets of an enclosed daemon, and the bus's. */
export type EnclosedSocket = 'machineSocket' | 'userdbSocket' | 'hookSocket' | 'bus';

/** A process in the enclosure that does nothing. */
export interface EnclosedProcess {
  /** In the enclosure. */
  readonly pid: number;
  readonly ended: boolean;
  stop(): void;
}

/**
 * Root's daemon where it can do no harm: in user, PID, mount, network, IPC and UTS namespaces of its own. What it signals
 * is in there, and it can change no more files than a user who has none. Who asks it has to be in there too, and so he
 * goes through passages of its first process.
 */
export class Enclosure {
  readonly daemon: DaemonProcess;
  readonly #directory: string;

  /**
   * @param directory that is empty
   * @param options.bus whether there is to be a bus, which the daemon is on
   */
  static async start(directory: string, { bus = false } = {}): Promise<Enclosure> {
    chownSync(directory, BASE, BASE);
    const busSocket = join(directory, 'bus');
    const sockets: readonly (readonly [EnclosedSocket, string])[] = [
      ['machineSocket', 'machine/io.systemd.Machine'],
      ['userdbSocket', 'userdb/io.systemd.Machine'],
      ['hookSocket', 'resolve.hook/io.systemd.Machine'],
      ...(bus ? ([['bus', 'bus']] as const) : []),
    ];
    const plan: EnclosurePlan = {
      root: projectRoot,
      node: process.execPath,
      ...(bus ? { first: { command: busCommand(directory, busSocket), makes: busSocket } } : {}),
      passages: CALLERS.flatMap((uid) =>
        sockets.map(([name, path]) => ({ from: passage(directory, name, uid), to: join(directory, path), uid })),
      ),
      leaders: CALLERS.map((uid) => ({ at: passage(directory, 'leader', uid), uid })),
    };
    const places = [projectRoot, process.execPath, directory];
    const script = ['sh', '-ec', ENCLOSE, 'sh', ...places, `${BASE}`, ENCLOSED_FILES];
    const first = ['/mnt/node', '-e', initProgram, JSON.stringify(plan)];
    const daemon = await DaemonProcess.start(directory, {
      ...(bus ? { bus: `unix:path=${busSocket}` } : {}),
      through: ['unshare', '--mount', '--', ...script, ...first],
      find: findDaemon,
    });
    return new Enclosure(daemon, directory);
  }

  private constructor(daemon: DaemonProcess, directory: string) {
    this.daemon = daemon;
    this.#directory = directory;
  }

  /** Where to connect to one of the daemon's sockets as a caller. */
  socket(name: EnclosedSocket, caller: Caller): string {
    return passage(this.#directory, name, caller);
  }

  /** Starts a process of a user, with user and network namespaces as a container's leader has them. */
  startLeader(caller: Caller): Promise<EnclosedProcess> {
    const socket: Socket = createConnection(passage(this.#directory, 'leader', caller)).setEncoding('latin1');
    return new Promise((resolve, reject) => {
      let ended = false;
      socket.on('error', reject).on('close', () => {
        ended = true;
      });
      const stop = (): void => void socket.destroy();
      socket.once('data', (text: string) => {
        resolve({
          pid: Number(text),
          get ended() {
            return ended;
          },
          stop,
        });
      });
    });
  }
}

/** The first of the host's ids that the enclosure has; nobody has them. */
const BASE = 0x5800_0000;

function passage(directory: string, name: EnclosedSocket | 'leader', uid: number): string {
  return join(directory, `${name}-${uid}`);
}

function busCommand(directory: string, socket: string): string[] {
  const rules = ['user="*"', 'own="*"', 'send_destination="*" eavesdrop="true"', 'eavesdrop="true"'];
  const policy = `<policy context="default">${rules.map((rule) => `<allow ${rule}/>`).join('')}</policy>`;
  const doctype = '<!DOCTYPE busconfig SYSTEM "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">';
  const file = join(directory, 'bus.conf');
  writeFileSync(file, `${doctype}<busconfig><listen>unix:path=${socket}</listen>${policy}</busconfig>`);
  return ['dbus-daemon', `--config-file=${file}`, '--nofork', '--nopidfile', '--nosyslog'];
}

/** The daemon among the children of the first process, which is the only child of the one that was started. */
function findDaemon(started: number): number {
  for (const init of childrenOf(started)) {
    for (const child of childrenOf(init)) {
      if (readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('\0serve\0')) return child;
    }
  }
  throw new Error('there is no daemon in the enclosure');
}

// Where somebody could write is something else. The id map can be written only by who is outside.
const ENCLOSE = `
umask 022
root=$1 node=$2 directory=$3 base=$4 files=$5
shift 5
mount -t tmpfs tmpfs /mnt -o mode=755
mkdir /mnt/project /mnt/run
touch /mnt/node
mount --bind "$root" /mnt/project
mount --bind "$node" /mnt/node
mount --bind "$directory" /mnt/run
printf %s "$files" >/mnt/files
for place in /tmp /run /var/tmp /var/lib /dev/shm /sys/fs/cgroup; do
  if [ -d "$place" ]; then mount -t tmpfs tmpfs "$place" -o "mode=755,uid=$base,gid=$base,size=16m,nr_inodes=4k"; fi
done
mkdir -p "$directory"
mount --bind /mnt/run "$directory"
before=$(readlink /proc/$$/ns/user)
(
  until [ "$(readlink /proc/$$/ns/user)" != "$before" ]; do sleep 0.01; done
  echo "0 $base 65536" >/proc/$$/gid_map
  echo "0 $base 65536" >/proc/$$/uid_map
) &
exec unshare --user --keep-caps --pid --fork --kill-child --mount --net --ipc --uts -- sh -ec '
until grep -q . /proc/self/uid_map; do sleep 0.01; done
exec setpriv --reuid 0 --regid 0 --clear-groups --pdeathsig KILL -- sh -ec "
mount -t proc proc /proc
mount -t devpts devpts /dev/pts -o newinstance,ptmxmode=0666
ip link set lo up
sh -e /mnt/files
echo 20000 >/proc/sys/kernel/ns_last_pid
exec \\"\\$@\\"
" sh "$@"
' sh "$@"
`;
