import type { Process } from './process.ts';

/**
 * Whether a process is one of the kernel's own threads: PF_KTHREAD (linux/sched.h) in the ninth field of
 * proc_pid_stat(5). Throws ESRCH when it has ended.
 */
export function isKernelThread(process: Process): boolean {
  // They are all in the first user namespace, and most machines' leaders in one of their own: this is read faster.
  if (inLaterUserNamespace(process)) return false;
  const stat = process.readFile('stat');
  // The second field is the name in parentheses, and may have any character in it.
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[9 - 3]);
  return (flags & PF_KTHREAD) !== 0;
}

const PF_KTHREAD = 0x0020_0000;
/** PROC_USER_INIT_INO (linux/proc_ns.h): the inode number that the first user namespace has had since Linux 3.8. */
const FIRST_USER_NAMESPACE = 0xefff_fffd;

/** False also where it is not for us to see. */
function inLaterUserNamespace(process: Process): boolean {
  try {
    return process.namespaceId('user') !== FIRST_USER_NAMESPACE;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') throw error;
    return false;
  }
}
