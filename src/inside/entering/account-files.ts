import { asFileSystemUser, type FileSystemUser } from '../../linux/file-system-user.ts';
import { SystemError } from '../../linux/libc.ts';
import type { RootDirectory } from '../../linux/root-directory.ts';
import { findLoginAccount, type LoginAccount } from '../../machine/login-account.ts';

/** What tells that there is no such user, in the place of a system call's name. */
export const NO_SUCH_USER = 'getpwnam';

/**
 * A user of a machine, by its passwd(5) and group(5). One that is not there is empty.
 * @param user a name or a number
 * @param reader root of the machine as we know it, where that is not our own: what it may not read is not read for it.
 * It takes root to ask for it, and undoes `endWithParent` and `forbidTracing`.
 * @throws SystemError: ENOENT of {@link NO_SUCH_USER}, EFBIG for a file of more than a megabyte, and as
 * `RootDirectory.readFile`
 */
export function readAccount(root: RootDirectory, user: string, reader?: FileSystemUser): LoginAccount {
  const find = (): LoginAccount | undefined =>
    findLoginAccount(read(root, '/etc/passwd'), read(root, '/etc/group'), user);
  const account = reader === undefined ? find() : asFileSystemUser(reader, false, find);
  if (account === undefined) throw new SystemError(ENOENT, NO_SUCH_USER, user);
  return account;
}

function read(root: RootDirectory, path: string): string {
  try {
    return root.readFile(path, MAXIMUM_SIZE).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

const ENOENT = 2;
/** Bytes. */
const MAXIMUM_SIZE = 1024 * 1024;
