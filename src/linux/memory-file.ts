import { check, declare } from './libc.ts';

/** A file that is in memory only and has no name, as long as it is open: a descriptor, close-on-exec (memfd_create(2)). */
export function openMemoryFile(shownAs: string): number {
  return check(memfdCreate(shownAs, MFD_CLOEXEC), 'memfd_create');
}

const MFD_CLOEXEC = 1;
const memfdCreate = declare('int memfd_create(const char *name, uint flags)');
