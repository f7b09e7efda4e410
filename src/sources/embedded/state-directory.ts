import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { removeTemporaryFiles, writeFileAtomically } from '../../linux/atomic-file.ts';
import type { Machine, Placed } from '../../machine/machine.ts';
import { isMachineName } from '../../machine/machine-name.ts';
import { formatState, parseState, type SavedMachine, unitLinkName } from '../../machine/state-file.ts';

/** A state file, read back. */
export type LoadedState =
  | { readonly name: string; readonly saved: SavedMachine }
  | { readonly name: string; readonly error: Error };

/**
 * The state files of machines, in systemd-machined's place and form, for sd_machine_get_class(3) and others, and for
 * ourselves after a restart. With each goes a link `unit:UNIT`, by which sd-login(3) finds the machine of a process.
 *
 * A machine is kept from the moment in which its file is renamed into place until that in which it is unlinked. The link
 * is made before the one and removed after the other: whatever fails or ends us, a machine is kept wholly or not at all,
 * and a link that leads nowhere is removed with the next start.
 */
export class StateDirectory {
  readonly #path: string;
  readonly #onProblem: (error: Error) => void;
  /** Machines that are no more, whose files could not be removed, by name. */
  readonly #left = new Map<string, Machine>();

  /**
   * Makes the directory where it is missing.
   * @param onProblem hears of what stays behind
   * @throws errors of node:fs
   */
  constructor(path: string, onProblem: (error: Error) => void) {
    this.#path = path;
    this.#onProblem = onProblem;
    mkdirSync(path, { recursive: true, mode: 0o755 });
    this.#try(`what was left half written in ${path} cannot be removed`, () => removeTemporaryFiles(path));
  }

  /** Writes a machine's file, whole or not at all. @throws errors of node:fs, ENOSPC above all; nothing is kept then */
  save(machine: Machine): void {
    this.#removeLeft();
    this.link(machine);
    try {
      writeFileAtomically(this.#pathOf(machine), formatState(machine));
    } catch (error) {
      this.#unlink(machine);
      throw error;
    }
    this.#left.delete(machine.name);
  }

  /**
   * Makes the link of a machine's unit, where it is not there: it could not be made when it was registered. One that leads
   * elsewhere is of a machine that is no more, or that could not be restored yet: then it gets its link when it is.
   */
  link(machine: Machine): void {
    const link = this.#unitLink(machine);
    if (link === undefined || linkTarget(link) === machine.name) return;
    removeFile(link);
    symlinkSync(machine.name, link);
  }

  /**
   * Removes a machine's file, and its unit's link if that is still its own.
   * @throws errors of node:fs; the machine is kept then
   */
  remove(machine: Machine): void {
    removeFile(this.#pathOf(machine));
    this.#unlink(machine);
    this.#removeLeft();
  }

  /** The same for a machine that has ended: what cannot be removed now is removed once something else can be. */
  removeEnded(machine: Machine): void {
    try {
      this.remove(machine);
    } catch (error) {
      this.#left.set(machine.name, machine);
      this.#onProblem(new Error(`the state of machine ${machine.name} cannot be removed`, { cause: error }));
    }
  }

  /** Every file that can be a machine's. @throws errors of node:fs when the directory cannot be read */
  load(): LoadedState[] {
    return readdirSync(this.#path)
      .filter(isMachineName)
      .sort()
      .map((name) => this.read(name));
  }

  /** The file of one name. What cannot be read is told with its error, and left alone. */
  read(name: string): LoadedState {
    try {
      return { name, saved: parseState(readState(join(this.#path, name))) };
    } catch (error) {
      return { name, error: error as Error };
    }
  }

  /** Removes the files of machines that are no more, and links that lead nowhere. */
  discard(names: ReadonlySet<string>): void {
    for (const entry of readdirSync(this.#path)) {
      const path = join(this.#path, entry);
      const isLink = entry.startsWith('unit:');
      const name = isLink ? linkTarget(path) : entry;
      if (name === undefined || !(names.has(name) || (isLink && !existsSync(path)))) continue;
      this.#try(`${path} cannot be removed`, () => removeFile(path));
    }
  }

  /** Removes the file of one machine that is no more, and the link of its unit if that is its own. */
  forget(name: string, saved: Pick<SavedMachine, 'unit' | 'subgroup'>): void {
    const path = join(this.#path, name);
    this.#try(`${path} cannot be removed`, () => removeFile(path));
    this.#unlink({ ...saved, name, class: 'container' });
  }

  #removeLeft(): void {
    for (const [name, machine] of this.#left) {
      try {
        removeFile(join(this.#path, name));
      } catch {
        return;
      }
      this.#unlink(machine);
      this.#left.delete(name);
    }
  }

  /** What it leaves behind leads nowhere, and is no machine's. */
  #unlink(machine: Placed & { readonly name: string }): void {
    const link = this.#unitLink(machine);
    if (link === undefined || linkTarget(link) !== machine.name) return;
    this.#try(`${link} cannot be removed`, () => removeFile(link));
  }

  #pathOf({ name }: Machine): string {
    return `${this.#path}/${name}`;
  }

  #unitLink(machine: Placed): string | undefined {
    const name = unitLinkName(machine);
    return name === undefined ? undefined : join(this.#path, name);
  }

  #try(problem: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#onProblem(new Error(problem, { cause: error }));
    }
  }
}

/**
 * Bytes. A request that registers a machine has at most 64 KiB, and what is written of it is less than four times that.
 */
const MAXIMUM_SIZE = 1024 * 1024;

/** Waits for nobody, whatever has a machine's name: a FIFO's writer, the end of /dev/zero. */
function readState(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const file = fstatSync(fd);
    if (!file.isFile()) throw new Error(`${path} is no regular file`);
    if (file.size > MAXIMUM_SIZE) throw new Error(`${path} is longer than ${MAXIMUM_SIZE} bytes`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
