import { closeSync, openSync, readSync } from 'node:fs';
import { check, declare } from './libc.ts';

/**
 * A process that goes on from here as a copy of this one: what single-threaded programs do with fork(2). It is for what
 * the kernel lets a process do only while it has a single thread, as joining a user namespace (setns(2)); Node always
 * has several.
 *
 * What to know of it:
 *
 * - Of the threads the copy has the calling one. Nothing in it may wait for another: no event loop, no promises, no
 *   asynchronous call, no worker. V8 itself must do with that one, so the program has to be started with
 *   {@link forkOptions}.
 * - V8 asks the kernel to leave its heap out of copies (MADV_DONTFORK), and a copy without it dies at its first
 *   instruction of JavaScript. This is undone before each fork. Should V8 take more memory in the moment between, the
 *   copy may die of SIGSEGV in the middle of what it does: whoever waits for it begins again with another.
 * - A lock that another thread holds in that moment stays locked in the copy, which then waits for ever. glibc takes
 *   care of its own. A copy has to be given up after a time.
 * - The copy shares every open file: positions, and what is sent and received. It ends by _exit(2), so that nothing
 *   that Node does at the end is done twice.
 *
 * @param run the copy's part: what it returns is its exit status, as is 125 when it throws. It does not come back here.
 * @param memoryMap as of {@link openMemoryMap}, for a process whose root is not the one with its /proc any more
 * @returns the copy's process number, in this process. Throws a SystemError: EAGAIN, ENOMEM.
 */
export function forkProcess(run: () => number, memoryMap?: number): number {
  const map = memoryMap ?? openMemoryMap();
  includeMemory(map);
  if (memoryMap === undefined) closeSync(map);
  const pid: number = fork();
  if (pid !== 0) return check(pid, 'fork');
  let status = FAILED;
  try {
    status = run();
  } catch {
    // Whoever waits is told by the status.
  }
  return exit(Number.isInteger(status) ? status : FAILED);
}

const FAILED = 125;

/** Where this process finds what memory it has, and no copy of it. Throws an error of node:fs. The taker closes it. */
export function openMemoryMap(): number {
  return openSync('/proc/self/maps', 'r');
}

/**
 * Of Node, for a program that uses {@link forkProcess}: V8 collects garbage and compiles in the calling thread, and
 * when it is told to.
 */
export const forkOptions: readonly string[] = ['--single-threaded', '--v8-pool-size=0', '--expose-gc'];

/**
 * Has copies of this process get all memory that is nothing of a file's. To find it takes memory itself, for which V8 may
 * need more: young objects are moved away first, so that there is room, and it is done again until nothing is new.
 */
function includeMemory(memoryMap: number): void {
  for (let round = 0; round < 2; round++) globalThis.gc?.({ type: 'minor' });
  let before = '';
  for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
    const text = readAll(memoryMap);
    if (text === before) return;
    before = text;
    for (const [, first = '', end = ''] of text.matchAll(ANONYMOUS)) {
      const address = Number.parseInt(first, 16);
      // What cannot be copied, as the kernel's own pages, says so (EINVAL) and stays as it is.
      madvise(address, Number.parseInt(end, 16) - address, MADV_DOFORK);
    }
  }
}

/** From its beginning, wherever it has been read to. */
function readAll(fd: number): string {
  let length = 0;
  // The kernel gives a page of whole lines at a time.
  for (let count = 1; count > 0 && length < buffer.length; length += count) {
    count = readSync(fd, buffer, length, buffer.length - length, length);
  }
  return buffer.toString('latin1', 0, length);
}

/** Private mappings of no file, with or without a name in brackets (proc_pid_maps(5)). */
const ANONYMOUS = /^([0-9a-f]+)-([0-9a-f]+) ...p \S+ 00:00 0(?: |$)/gm;
const MADV_DOFORK = 11;

const MAXIMUM_ROUNDS = 8;
const buffer = Buffer.alloc(256 * 1024);
const fork = declare('int fork()');
const exit = declare('void _exit(int status)') as (status: number) => never;
const madvise = declare('int madvise(uintptr_t address, size_t length, int advice)');
