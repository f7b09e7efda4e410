import type { TracedCall } from './strace.ts';

/** Every system call that can change a directory or a file in it, whatever the daemon uses today. */
const CHANGES = (
  'open openat openat2 creat mknod mknodat mkdir mkdirat link linkat symlink symlinkat rename renameat renameat2 ' +
  'unlink unlinkat rmdir write pwrite64 writev pwritev pwritev2 truncate ftruncate fallocate copy_file_range sendfile ' +
  'chmod fchmod fchmodat chown fchown fchownat lchown utimensat fsync fdatasync sync_file_range'
).split(' ');

/** With which a caller is answered. */
const REPLIES = ['sendto', 'sendmsg'];

/** What strace is to print. */
export const WATCHED: readonly string[] = [...CHANGES, ...REPLIES];

/** A call after which the directory, or what a caller knows, may be another. */
export interface StateCall extends TracedCall {
  /** What it does to which files, the same in every run. */
  readonly key: string;
}

/** Of what a daemon did, what changed a directory, and its replies. */
export function stateCalls(calls: readonly TracedCall[], directory: string): StateCall[] {
  const literally = directory.replaceAll(/[^\w/]/g, '\\$&');
  const path = new RegExp(`${literally}(/[^">]*)?(?=[">])`, 'g');
  return calls.flatMap((call) => {
    if (REPLIES.includes(call.name)) return isReply(call) ? [{ ...call, key: 'reply' }] : [];
    if (/^(open|creat)/.test(call.name) && !/O_(CREAT|WRONLY|RDWR|TRUNC|TMPFILE)/.test(call.text)) return [];
    const files = [...call.text.matchAll(path)].map(([, name = '/']) => name.replace(/[0-9a-f]{16}$/, 'X'));
    return files.length === 0 ? [] : [{ ...call, key: [call.name, ...new Set(files)].join(' ') }];
  });
}

/** To a Varlink client, whose messages end in a NUL byte; not to the kernel over netlink. */
function isReply({ text }: TracedCall): boolean {
  return text.includes('\\0"') && !text.includes('nlmsg_len');
}
