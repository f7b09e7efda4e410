import { randomBytes } from 'node:crypto';
import type { FileName } from '../../linux/files/directory-files.ts';

/** What something is called until it is whole: a name that nothing has, and that nobody can know before. */
export function temporaryName(): FileName {
  return Buffer.from(`.mymachines-copy-${randomBytes(8).toString('hex')}`);
}
