import { SystemFailure } from '../../machine/errors.ts';
import {
  type CleanMode,
  type Image,
  type ImageChanges,
  type Images,
  isHidden,
  isHostImage,
  isVendorImage,
  type RemovedImage,
} from '../../machine/images.ts';
import type { WaitingCaller } from '../../machine/operations.ts';
import type { Program } from '../../programs/running-program.ts';
import type { Change, ChangedImage } from './job.ts';
import { EarlyEnd, runChange } from './run-change.ts';
import { Turns, type Use } from './turns.ts';

/** What changing images takes. */
export interface ImageChangerOptions {
  /** What the processes run: `program.ts`. */
  readonly program: Program;
  readonly images: Pick<Images, 'list'>;
  /** Where the host's files are; absent: where PID 1 has them. */
  readonly root?: string;
}

/** Changes images in processes of their own. What those leave that are killed is taken away by the next. */
export class ImageChanger implements ImageChanges {
  readonly #options: ImageChangerOptions;
  readonly #turns = new Turns();
  readonly #ending = new AbortController();
  /** Something may be left of what was cut short, by this process or an earlier one. */
  #unswept = true;

  constructor(options: ImageChangerOptions) {
    this.#options = options;
  }

  async clone(image: Image, newName: string, readOnly: boolean, left?: AbortSignal): Promise<void> {
    const change: Change = { kind: 'clone', image: described(image), newName, readOnly };
    await this.#change({ path: image.path, shared: true, long: true }, change, left);
  }

  async rename(image: Image, newName: string): Promise<void> {
    refuseOthers(image);
    // Names of devices are udev's.
    if (image.path.startsWith('/dev/')) throw readOnlyFileSystem(image);
    await this.#change(alone(image), { kind: 'rename', image: described(image), newName });
  }

  async remove(image: Image): Promise<void> {
    refuseOthers(image);
    await this.#change({ ...alone(image), long: true }, { kind: 'remove', image: described(image) });
  }

  async markReadOnly(image: Image, readOnly: boolean): Promise<void> {
    refuseOthers(image);
    if (isHidden(image)) throw readOnlyFileSystem(image);
    await this.#change(alone(image), { kind: 'mark-read-only', image: described(image), readOnly });
  }

  async setLimit(image: Image, limit: bigint | undefined): Promise<void> {
    refuseOthers(image);
    const change: Change = { kind: 'set-limit', image: described(image), limit: decimal(limit) };
    await this.#change({ path: image.path, shared: true, long: false }, change);
  }

  async setPoolLimit(limit: bigint | undefined): Promise<void> {
    await this.#change({ shared: true, long: false }, { kind: 'set-pool-limit', limit: decimal(limit) });
  }

  async cleanPool(mode: CleanMode): Promise<readonly RemovedImage[]> {
    const all = await this.#options.images.list(ITSELF);
    const unwanted = all.filter(
      (image) =>
        !isVendorImage(image) &&
        !isHostImage(image) &&
        (mode === 'all' || isHidden(image)) &&
        !this.#turns.inUse(image.path),
    );
    const change: Change = { kind: 'clean', images: unwanted.map(described) };
    const removed = await this.#change({ shared: true, long: true }, change);
    return removed.map((name) => {
      const usageExclusive = unwanted.find((image) => image.name === name)?.usageExclusive;
      return { name, ...(usageExclusive !== undefined && { usageExclusive }) };
    });
  }

  /** Copies that are under way are given up. */
  close(): void {
    this.#ending.abort();
  }

  #change(use: Use, change: Change, left?: AbortSignal): Promise<string[]> {
    if (this.#unswept) this.#sweep();
    return this.#turns.take(use, async () => {
      try {
        return await this.#run(change, left);
      } catch (error) {
        if (error instanceof EarlyEnd) this.#sweep();
        throw error;
      }
    });
  }

  #run(change: Change, left?: AbortSignal): Promise<string[]> {
    const { program, root } = this.#options;
    const ending = this.#ending.signal;
    const signal = left === undefined ? ending : AbortSignal.any([left, ending]);
    return runChange(program, { ...change, ...(root !== undefined && { root }) }, signal);
  }

  /** Nobody waits for it: what is left over cannot be seen. */
  #sweep(): void {
    this.#unswept = false;
    this.#run({ kind: 'sweep' }).catch(() => {
      this.#unswept = true;
    });
  }
}

function alone({ path }: Image): Use {
  return { path, shared: false, long: false };
}

function described({ name, path, type }: Image): ChangedImage {
  return { name, path, type };
}

function decimal(limit: bigint | undefined): string | null {
  return limit === undefined ? null : String(limit);
}

/** The host itself, and what came with the system, nobody changes. */
function refuseOthers(image: Image): void {
  if (isVendorImage(image) || isHostImage(image)) throw readOnlyFileSystem(image);
}

function readOnlyFileSystem({ name }: Image): SystemFailure {
  return new SystemFailure(EROFS, 'EROFS', `Read-only file system: ${name} cannot be changed`);
}

/** It asks for the images for itself, when somebody may have done what it is asked for. */
const ITSELF: WaitingCaller = { uid: 0 };

const EROFS = 30;
