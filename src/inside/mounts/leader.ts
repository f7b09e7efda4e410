import type { FileSystemUser } from '../../linux/file-system-user.ts';
import { SystemError } from '../../linux/libc.ts';
import { Process } from '../../linux/process.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { type IdMap, parseIdMap, toHost, toMachine } from '../../machine/id-map.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';

/** There is no such process any more. */
export class LeaderEnded extends Error {}

/** A container as the process that leads it has it. */
export class Leader {
  readonly process: Process;
  readonly root: RootDirectory;
  readonly #users: IdMap;
  readonly #groups: IdMap;
  readonly #sharesHostUsers: boolean;

  /** @throws LeaderEnded, SystemError */
  constructor(identity: ProcessIdentity) {
    try {
      this.process = Process.openSame(identity);
      this.#sharesHostUsers = this.process.sharesNamespace('user');
      this.#users = parseIdMap(this.process.readFile('uid_map'));
      this.#groups = parseIdMap(this.process.readFile('gid_map'));
      this.root = RootDirectory.ofProcess(this.process);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ESRCH' ? new LeaderEnded() : error;
    }
  }

  /**
   * Its root as the host knows it; undefined where that is the host's own.
   * @throws SystemError EOVERFLOW where it has no user 0
   */
  get rootUser(): FileSystemUser | undefined {
    if (this.#sharesHostUsers) return undefined;
    const [uid, gid] = [toHost(this.#users, 0), toHost(this.#groups, 0)];
    if (uid === undefined || gid === undefined) throw new SystemError(EOVERFLOW, 'setfsuid', '0');
    return { uid, gid };
  }

  /** Whether a user and a group of the host are its own, so that its root may do what it likes with their files. */
  owns(uid: number, gid: number): boolean {
    return toMachine(this.#users, uid) !== undefined && toMachine(this.#groups, gid) !== undefined;
  }
}

const EOVERFLOW = 75;
