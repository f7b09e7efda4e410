import { errnoName, errnoText } from '../../linux/libc.ts';
import { SystemFailure } from '../../machine/errors.ts';
import type { ImageMetadata } from '../../machine/images.ts';

/** How a run of `systemd-dissect --json=short` ended, and what it printed. */
export interface Dissection {
  /** False: with an error. */
  readonly done: boolean;
  readonly output: string;
  readonly errorOutput: string;
}

/**
 * What systemd-dissect (252 to 262) has found out about a disk.
 * @throws SystemFailure as systemd-machined 262 does for the same disk: ENOMEDIUM for one without an os-release file,
 * ENOKEY for one that is encrypted, ENOPKG, ENXIO, ENOENT for one without a root file system that is known, EUCLEAN …;
 * EIO where systemd-dissect says something else
 */
export function readDissection({ done, output, errorOutput }: Dissection): ImageMetadata {
  // It ends well all the same.
  if (/^OS image is encrypted/m.test(errorOutput)) throw failure(ENOKEY);
  if (!done) throw failureOf(errorOutput);
  const { hostname, machineId, machineInfo, osRelease } = parse(output);
  // It says nothing of what a file says that has no fields, but of lines in it that are none.
  if (osRelease === undefined && !/^os-release:/m.test(errorOutput)) throw failure(ENOMEDIUM);
  return {
    ...(typeof hostname === 'string' && { hostname }),
    ...(typeof machineId === 'string' && { machineId }),
    machineInfo: fields(machineInfo),
    osRelease: fields(osRelease),
  };
}

function parse(output: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(output);
  } catch (error) {
    throw new SystemFailure(EIO, 'EIO', 'systemd-dissect has printed no JSON', { cause: error });
  }
}

function fields(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((field) => typeof field === 'string') : [];
}

/** Errors have numbers in systemd-machined, which systemd-dissect puts in words: its own, or those of strerror(3). */
function failureOf(errorOutput: string): SystemFailure {
  const said = errorOutput.trim() || 'it has not said why it ended, or was ended';
  const known = errors.find(([words]) => words.test(said))?.[1];
  const errno = known ?? numbers.find((number) => said.endsWith(`: ${errnoText(number)}`));
  if (errno !== undefined) return failure(errno);
  return new SystemFailure(EIO, 'EIO', `systemd-dissect: ${said.slice(-SHOWN).replace(/[^ -~]/g, '?')}`);
}

function failure(errno: number): SystemFailure {
  return new SystemFailure(errno, names.get(errno) ?? errnoName(errno), errnoText(errno));
}

const EIO = 5;
const ENOMEDIUM = 123;
const ENOKEY = 126;
/** Characters of what it said. */
const SHOWN = 200;

/** What systemd-dissect says of a disk, and the error that systemd-machined has for it (each seen with 252 and 262). */
const errors: readonly (readonly [said: RegExp, errno: number])[] = [
  [/identify a suitable partition table or file system\.$/, 65],
  [/^No root partition discovered\.$/m, 6],
  [/^File system check of image failed\.$/m, 117],
];

/** Numbers of errors, of all systems (errno(3)). */
const numbers = Array.from({ length: 133 }, (_, index) => index + 1);

/** Those that Node.js has no name for, or another. */
const names: ReadonlyMap<number, string> = new Map([
  [65, 'ENOPKG'],
  [95, 'EOPNOTSUPP'],
  [117, 'EUCLEAN'],
  [123, 'ENOMEDIUM'],
  [126, 'ENOKEY'],
]);
