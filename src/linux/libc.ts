import { constants } from 'node:os';
import koffi from 'koffi';

/** A declared C function. koffi returns 64-bit integers beyond 2^53 as bigint, everything else as number. */
// biome-ignore lint/suspicious/noExplicitAny: the parameter and result types are in the C prototype, not in TypeScript
export type Native = (...parameters: any[]) => any;

// The process itself, which has libc in it: the same code serves glibc and musl, whatever their file is called.
const library = koffi.load(null);

/**
 * Binds a C function by its prototype, as in `int close(int fd)`.
 * `ssize_t` is unknown to koffi: write `long`. A call costs 0.2 us (koffi 3.3.4, Node 20.20).
 */
export function declare(prototype: string): Native {
  return library.func(prototype);
}

// Of two names for one number the first is kept, as in node:fs: EAGAIN not EWOULDBLOCK, ENOTSUP not EOPNOTSUPP.
const names = new Map<number, string>(
  Object.entries(constants.errno)
    .map(([name, value]): [number, string] => [value, name])
    .reverse()
    // Node has no name for this one, which pidfd.ts needs.
    .concat([[66, 'EREMOTE']]),
);

/** The symbolic name of an error number, as in errno(3): 2 is `ENOENT`. Unknown numbers give `E<number>`. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}

/** A failed system call. `code` is the symbolic name (`ENOENT`), as in the errors of node:fs. */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  /** @param errno positive, as errno(3) has it. @param detail what the call was about: a path, an address. */
  constructor(errno: number, syscall: string, detail?: string) {
    super(`${syscall}${detail === undefined ? '' : ` ${detail}`}: ${errnoName(errno)}`);
    this.name = 'SystemError';
    this.errno = errno;
    this.code = errnoName(errno);
    this.syscall = syscall;
  }
}

/** The error number of the last failed native call. Read it before any other native call is made. */
export function lastErrno(): number {
  return koffi.errno();
}

/** Passes a native result through, or throws the {@link SystemError} of a call that returned a negative number. */
export function check(result: number, syscall: string, detail?: string): number {
  if (result < 0) throw new SystemError(lastErrno(), syscall, detail);
  return result;
}

/** What an error number means, in the words of the C library: 2 is `No such file or directory`. */
export function errnoText(errno: number): string {
  return strerror(errno);
}

const strerror = declare('const char *strerror(int errno)');
