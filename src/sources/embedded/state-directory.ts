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
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { removeTemporaryFiles, writeFileAtomically } from '../../linux/atomic-file.ts';
import type { Machine } from '../../machine/machine.ts';
import { isMachineName } from '../../machine/machine-name.ts';
import { formatState, parseState, type SavedMachine, unitLinkName } from '../../machine/state-file.ts';

/** A state file, read back. */
export type LoadedState =
  | { readonly name: string; readonly saved: SavedMachine }
  | { readonly name: string; readonly error: Error };

/**
 * The state files of machines, in systemd-machined's place and form, for sd_machine_get_class(3) and others, and for
 * ourselves after a restart. With each goes a link `unit:UNIT`, by which sd-login(3) finds the machine of a process.
 */
export class StateDirectory {
  readonly #path: string;

  /** Makes the directory where it is missing. @throws SystemError-like errors of node:fs */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(path, { recursive: true, mode: 0o755 });
    removeTemporaryFiles(path);
  }

  /** Writes a machine's file, whole or not at all. @throws errors of node:fs, ENOSPC above all */
  save(machine: Machine): void {
    writeFileAtomically(join(this.#path, machine.name), formatState(machine));
    this.link(machine);
  }

  /** Makes the link of a machine's unit, where it is not there: we may have been killed before it was. */
  link(machine: Machine): void {
    const link = this.#unitLink(machine);
    if (link === undefined || linkTarget(link) === machine.name) return;
    rmSync(link, { force: true });
    symlinkSync(machine.name, link);
  }

  /** Removes a machine's file, and its unit's link if that is still its own. */
  remove(machine: Machine): void {
    const link = this.#unitLink(machine);
    if (link !== undefined && linkTarget(link) === machine.name) rmSync(link, { force: true });
    rmSync(join(this.#path, machine.name), { force: true });
  }

  /** Every file that can be a machine's. What cannot be read is told with its error, and left alone. */
  load(): LoadedState[] {
    return readdirSync(this.#path)
      .filter(isMachineName)
      .sort()
      .map((name): LoadedState => {
        try {
          return { name, saved: parseState(readState(join(this.#path, name))) };
        } catch (error) {
          return { name, error: error as Error };
        }
      });
  }

  /** Removes the files of machines that are no more, and links that lead nowhere. */
  discard(names: ReadonlySet<string>): void {
    for (const entry of readdirSync(this.#path)) {
      const path = join(this.#path, entry);
      const isLink = entry.startsWith('unit:');
      const name = isLink ? linkTarget(path) : entry;
      if (name === undefined) continue;
      if (names.has(name) || (isLink && !existsSync(path))) rmSync(path, { force: true });
    }
  }

  #unitLink(machine: Machine): string | undefined {
    const name = unitLinkName(machine);
    return name === undefined ? undefined : join(this.#path, name);
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

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
