import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
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
          return { name, saved: parseState(readFileSync(join(this.#path, name), 'utf8')) };
        } catch (error) {
          return { name, error: error as Error };
        }
      });
  }

  /** Removes the files of machines that are no more, and links that lead nowhere. */
  discard(names: ReadonlySet<string>): void {
    for (const entry of readdirSync(this.#path)) {
      const path = join(this.#path, entry);
      const name = entry.startsWith('unit:') ? linkTarget(path) : entry;
      if (name !== undefined && names.has(name)) rmSync(path, { force: true });
    }
  }

  #unitLink(machine: Machine): string | undefined {
    const name = unitLinkName(machine);
    return name === undefined ? undefined : join(this.#path, name);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
