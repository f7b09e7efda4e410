import type { Process } from './process.ts';

/**
 * The path of a process's control group in the hierarchy that systemd keeps, as in
 * `/machine.slice/machine-web.scope/payload`.
 * That is the one of version 2; where systemd uses version 1 it is the hierarchy `name=systemd` (cgroups(7)).
 * Undefined where the kernel has neither. Throws ESRCH when the process has ended.
 */
export function readControlGroup(process: Process): string | undefined {
  return parseControlGroup(process.readFile('cgroup'));
}

/** Finds that path in the text of /proc/PID/cgroup. */
export function parseControlGroup(text: string): string | undefined {
  const unified = /^0::(\/.*)$/m.exec(text)?.[1];
  const named = /^\d+:name=systemd:(\/.*)$/m.exec(text)?.[1];
  // The kernel lists version 2 also where nothing uses it, with everything in its root; where both are used the paths
  // are the same.
  const path = unified === undefined || unified === '/' ? (named ?? unified) : unified;
  return path?.replace(/ \(deleted\)$/, '');
}

/**
 * A path as seen from `root`, the control group of the system's own service manager: in a container where control
 * groups have no namespace, `/lxc/web/system.slice/x.service` below the root `/lxc/web` is `/system.slice/x.service`.
 * A path that is not below the root stays as it is, as with systemd 262.
 */
export function belowRoot(path: string, root: string): string {
  if (root === '/' || root === '') return path;
  if (path === root) return '/';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : path;
}

/** The root of the service manager, from the control group of PID 1: systemd itself is in `init.scope` below it. */
export function rootOfManager(pathOfPid1: string): string {
  const root = pathOfPid1.replace(/\/init\.scope$/, '');
  return root === '' ? '/' : root;
}
