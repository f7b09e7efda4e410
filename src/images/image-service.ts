import type { Authority } from '../machine/authorize.ts';
import { MachineError } from '../machine/errors.ts';
import {
  type CleanMode,
  type Image,
  type ImageChanges,
  type ImageOperations,
  type Images,
  type ImageUpdate,
  parseImageName,
  type RemovedImage,
} from '../machine/images.ts';
import type { Caller } from '../machine/operations.ts';

/** What was asked to be done to images, by whom, and what came of it. */
export interface ImageDeed {
  readonly caller: Pick<Caller, 'uid' | 'pid'>;
  /** What it is and what it is about, as polkit is told: `verb`, `image`, `new_name`. */
  readonly details: Readonly<Record<string, string>>;
  /** Why it was not done. */
  readonly error?: unknown;
}

/** What it takes to change images. */
export interface ImageServiceParts {
  readonly images: Images;
  /** Absent: not supported. */
  readonly changes?: ImageChanges | undefined;
  readonly authority: Authority;
  /** Hears of each thing that was asked for, when it was done, refused or failed. */
  onDeed(deed: ImageDeed): void;
}

/** Lets callers change images, or not, and tells of it. */
export class ImageService implements ImageOperations {
  readonly #parts: ImageServiceParts;

  constructor(parts: ImageServiceParts) {
    this.#parts = parts;
  }

  async update(name: string, update: ImageUpdate, caller: Caller): Promise<void> {
    const { newName, readOnly, limit } = update;
    if (newName !== undefined) parseImageName(newName, 'newName');
    const details = { verb: 'update', ...(newName !== undefined && { new_name: newName }) };
    await this.#change(name, details, caller, async (changes, image) => {
      if (newName !== undefined) await changes.rename(image, newName);
      const current = newName === undefined ? image : await this.#parts.images.find(newName, caller);
      const steps: Promise<void>[] = [];
      // One is tried when the other fails, as in systemd 262.
      if (readOnly !== undefined) steps.push(changes.markReadOnly(current, readOnly));
      await Promise.allSettled(steps);
      if (limit !== undefined) steps.push(changes.setLimit(current, limit));
      for (const { status, ...result } of await Promise.allSettled(steps)) {
        if (status === 'rejected') throw (result as PromiseRejectedResult).reason;
      }
    });
  }

  async clone(name: string, newName: string, readOnly: boolean, caller: Caller): Promise<void> {
    parseImageName(newName, 'newName');
    await this.#change(name, { verb: 'clone', new_name: newName }, caller, (changes, image) =>
      changes.clone(image, newName, readOnly, caller.left),
    );
  }

  async rename(name: string, newName: string, caller: Caller): Promise<void> {
    parseImageName(newName, 'newName');
    await this.#change(name, { verb: 'rename', new_name: newName }, caller, (changes, image) =>
      changes.rename(image, newName),
    );
  }

  async remove(name: string, caller: Caller): Promise<void> {
    await this.#change(name, { verb: 'remove' }, caller, (changes, image) => changes.remove(image));
  }

  async markReadOnly(name: string, readOnly: boolean, caller: Caller): Promise<void> {
    const details = { verb: 'mark_read_only', read_only: readOnly ? '1' : '0' };
    await this.#change(name, details, caller, (changes, image) => changes.markReadOnly(image, readOnly));
  }

  async setLimit(name: string, limit: bigint | undefined, caller: Caller): Promise<void> {
    // As systemd 262 calls it here, besides what it is called elsewhere.
    await this.#change(name, { verb: 'set_limit', machine: name }, caller, (changes, image) =>
      changes.setLimit(image, limit),
    );
  }

  async setPoolLimit(limit: bigint | undefined, caller: Caller): Promise<void> {
    await this.#do({ verb: 'set_pool_limit' }, caller, (changes) => changes.setPoolLimit(limit));
  }

  cleanPool(mode: CleanMode, caller: Caller): Promise<readonly RemovedImage[]> {
    return this.#do({ verb: 'clean_pool', mode }, caller, (changes) => changes.cleanPool(mode));
  }

  async #change(
    name: string,
    details: Readonly<Record<string, string>>,
    caller: Caller,
    act: (changes: ImageChanges, image: Image) => Promise<void>,
  ): Promise<void> {
    const { images } = this.#parts;
    parseImageName(name, 'name');
    // That there is no such image is said to everybody, as in systemd 262: anybody may list them.
    await images.find(name, caller);
    // While polkit was asked it may have gone, and another have come with its name.
    await this.#do({ ...details, image: name }, caller, async (changes) =>
      act(changes, await images.find(name, caller)),
    );
  }

  async #do<T>(
    details: Readonly<Record<string, string>>,
    caller: Caller,
    act: (changes: ImageChanges) => Promise<T>,
  ): Promise<T> {
    const { authority, changes, onDeed } = this.#parts;
    const deed = { caller, details };
    try {
      await authority.authorize('manage-image', caller, undefined, details);
      if (changes === undefined) throw new MachineError('not-supported', 'images cannot be changed here');
      const result = await act(changes);
      onDeed(deed);
      return result;
    } catch (error) {
      onDeed({ ...deed, error });
      throw error;
    }
  }
}
