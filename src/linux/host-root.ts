import { Process } from './process.ts';
import { RootDirectory } from './root-directory.ts';

/**
 * The root of PID 1: this process may be in a mount namespace where part of the host is hidden or read-only. Throws a
 * SystemError: EACCES to who may not look at PID 1.
 */
export function rootOfInit(): RootDirectory {
  const init = Process.open(1);
  try {
    return RootDirectory.ofProcess(init);
  } finally {
    init.close();
  }
}

/** The same, or our own: to an ordinary user PID 1 shows nothing, but then this is not in such a mount namespace. */
export function hostRoot(): RootDirectory {
  try {
    return rootOfInit();
  } catch {
    return RootDirectory.ofPath('/');
  }
}
