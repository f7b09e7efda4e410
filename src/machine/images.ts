import { MachineError } from './errors.ts';
import type { Caller, WaitingCaller } from './operations.ts';

/**
 * How an image is stored: a directory, a subvolume of btrfs(5), a file with a disk in it (`NAME.raw`), a block device,
 * or a directory of layers that are mounted above each other (`NAME.mstack`, systemd.mstack(7)).
 */
export type ImageType = 'directory' | 'subvolume' | 'raw' | 'block' | 'mstack';

/** A system that machines can be started from, as it was found on the host. */
export interface Image {
  /** {@link isImageName}. Those that begin with a dot are hidden; `.host` is the host itself. */
  readonly name: string;
  /** Where it is on the host: absolute, no part of it a symbolic link. */
  readonly path: string;
  readonly type: ImageType;
  readonly readOnly: boolean;
  /** CLOCK_REALTIME in microseconds. Absent where the file system does not know. */
  readonly creationTime?: number;
  /** The same. Only of raw files and subvolumes: that of a directory says nothing of what is in it. */
  readonly modificationTime?: number;
  /** Bytes that it takes on disk. Absent where that is not known without adding everything up. */
  readonly usage?: bigint;
  /** Bytes that would be free without it. */
  readonly usageExclusive?: bigint;
  /** Bytes that it may take at most, of either kind. Absent: unknown, or there is no limit. */
  readonly limit?: bigint;
  readonly limitExclusive?: bigint;
}

/** What an image says of the system in it. What its files do not say is absent. */
export interface ImageMetadata {
  /** hostname(5) */
  readonly hostname?: string;
  /** machine-id(5), 32 hexadecimal digits. */
  readonly machineId?: string;
  /** machine-info(5), unquoted, as `KEY=VALUE`, in the order of the file. */
  readonly machineInfo: readonly string[];
  /** os-release(5), the same. */
  readonly osRelease: readonly string[];
}

/** Where images are kept, and how much room there is. */
export interface ImagePool {
  readonly path: string;
  /** Bytes. Absent where the file system does not keep account of it. */
  readonly usage?: bigint;
  readonly limit?: bigint;
}

/**
 * What can be known of images. All of it is looked up when it is asked for, for whoever asks: it takes its time, and so
 * each throws MachineError `limits-exceeded` where too much is asked for at once, and `timed-out`.
 */
export interface Images {
  /** All of them, hidden ones and `.host` included, in the order of their names. */
  list(asker: WaitingCaller): Promise<readonly Image[]>;
  /** @throws MachineError `no-such-image`, also for a name that no image can have */
  find(name: string, asker: WaitingCaller): Promise<Image>;
  /** @throws MachineError `not-supported` for a type that cannot be looked into here, SystemFailure */
  metadata(image: Image, asker: WaitingCaller): Promise<ImageMetadata>;
  pool(asker: WaitingCaller): Promise<ImagePool>;
}

/** Which images cleaning the pool removes: those whose name begins with a dot, or all that are not in use. */
export type CleanMode = 'hidden' | 'all';

/** An image that is gone. */
export interface RemovedImage {
  readonly name: string;
  /** Bytes that came free. Absent where that is not known. */
  readonly usageExclusive?: bigint;
}

/**
 * What changes images: whoever asks for it may do it, and names are valid. Each is done whole, or throws a MachineError
 * (SystemFailure: EROFS for the host's and vendors' images, EBUSY while a machine runs from it, EEXIST …) and leaves
 * nothing half-done behind. `too-many-operations` where as many as may be are under way.
 */
export interface ImageChanges {
  /** @param left aborted when nobody waits for it any more: what was copied by then goes */
  clone(image: Image, newName: string, readOnly: boolean, left?: AbortSignal): Promise<void>;
  rename(image: Image, newName: string): Promise<void>;
  remove(image: Image): Promise<void>;
  markReadOnly(image: Image, readOnly: boolean): Promise<void>;
  /** @param limit bytes; undefined: none */
  setLimit(image: Image, limit: bigint | undefined): Promise<void>;
  setPoolLimit(limit: bigint | undefined): Promise<void>;
  /** @returns what was removed, which is all there was to remove */
  cleanPool(mode: CleanMode): Promise<readonly RemovedImage[]>;
}

/** What of an image is to be otherwise. What is absent stays as it is. */
export interface ImageUpdate {
  readonly newName?: string;
  readonly readOnly?: boolean;
  readonly limit?: bigint;
}

/**
 * The same for callers: each checks that the caller may do it first, and is told of. The names are as the caller gave
 * them: MachineError `invalid-parameter` (`name`, `newName`) for those that no image can have, `no-such-image`.
 */
export interface ImageOperations {
  /** Rename, read-only and limit in this order; of several that fail the first one's error. */
  update(name: string, update: ImageUpdate, caller: Caller): Promise<void>;
  clone(name: string, newName: string, readOnly: boolean, caller: Caller): Promise<void>;
  rename(name: string, newName: string, caller: Caller): Promise<void>;
  remove(name: string, caller: Caller): Promise<void>;
  markReadOnly(name: string, readOnly: boolean, caller: Caller): Promise<void>;
  setLimit(name: string, limit: bigint | undefined, caller: Caller): Promise<void>;
  setPoolLimit(limit: bigint | undefined, caller: Caller): Promise<void>;
  cleanPool(mode: CleanMode, caller: Caller): Promise<readonly RemovedImage[]>;
}

/** The image that is the host itself. */
export const hostImageName = '.host';

/**
 * Whether an image can have this name: what a file can be called without control characters, and does not look like an
 * encrypted or temporary copy (`.#NAME`). As systemd 262.
 */
export function isImageName(text: string): boolean {
  return (
    isFileName(text) &&
    !hasControlCharacters.test(text) &&
    !text.startsWith('.#') &&
    Buffer.from(text).toString() === text
  );
}

/** @throws MachineError `invalid-parameter` */
export function parseImageName(text: string, parameter: 'name' | 'newName'): string {
  if (isImageName(text)) return text;
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
  throw new MachineError('invalid-parameter', `${shown} cannot be the name of an image`, parameter);
}

/** Whether it is left out of lists for people. */
export function isHidden({ name }: Pick<Image, 'name'>): boolean {
  return name.startsWith('.');
}

/** Whether it came with the system, so that nobody changes it. */
export function isVendorImage({ path }: Pick<Image, 'path'>): boolean {
  return path.startsWith('/usr/');
}

export function isHostImage({ name, path }: Pick<Image, 'name' | 'path'>): boolean {
  return name === hostImageName || path === '/';
}

function isFileName(text: string): boolean {
  const { length } = Buffer.from(text);
  return length > 0 && length <= 255 && text !== '.' && text !== '..' && !text.includes('/');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const hasControlCharacters = /[\x00-\x1f\x7f]/;
