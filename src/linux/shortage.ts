/**
 * Whether a system call failed for want of something, or with the file system: descriptors, memory, a disk that answers.
 * Such an error says nothing of what was asked for, which may be there all the same (open(2), ERRORS).
 */
export function isShortage(error: unknown): boolean {
  return SHORTAGES.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

const SHORTAGES: ReadonlySet<string> = new Set(['EIO', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ENOSPC']);
