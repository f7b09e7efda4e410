import type { Process } from './process.ts';

/**
 * Whether a process is one of the kernel's own threads: PF_KTHREAD (linux/sched.h) in the ninth field of
 * proc_pid_stat(5). Throws ESRCH when it has ended.
 */
export function isKernelThread(process: Process): boolean {
  if (hasOtherIds(process)) return false;
  const stat = process.readFile('stat');
  // The second field is the name in parentheses, and may have any character in it.
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[9 - 3]);
  return (flags & PF_KTHREAD) !== 0;
}

const PF_KTHREAD = 0x0020_0000;

/**
 * Whether it is in a later user namespace than the first, in which the kernel's threads are: that one's map has all ids
 * in one line, wherever it is read (user_namespaces(7)). True of most machines' leaders, whose maps are wanted anyway and
 * cost half of what `stat` does.
 */
function hasOtherIds(process: Process): boolean {
  return !/^ *0 +\d+ +4294967295\n/.test(process.readFile('uid_map'));
}
