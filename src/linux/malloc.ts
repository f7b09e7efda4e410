import { declare } from './libc.ts';

/**
 * Has all threads of the process share the memory that malloc(3) gives out. glibc gives each a part of its own as soon
 * as two want some at a time, and what they have freed stays with each. Ours want little: all the work is done by one.
 * Without effect with another C library than glibc (mallopt(3)).
 */
export function shareFreedMemory(): void {
  callGlibc('int mallopt(int param, int value)', M_ARENA_MAX, 1);
}

/** Gives back to the system what has been freed (malloc_trim(3)). Without effect with another C library than glibc. */
export function giveBackFreedMemory(): void {
  callGlibc('int malloc_trim(ulong pad)', 0);
}

/** A function that only glibc has: looked for when it is called, which is seldom. */
function callGlibc(prototype: string, ...parameters: readonly number[]): void {
  try {
    declare(prototype)(...parameters);
  } catch {
    // musl has neither, and no need of them.
  }
}

const M_ARENA_MAX = -8;
