import { check, declare } from './libc.ts';

/**
 * Becomes another program (execve(2)): comes back only by throwing the SystemError of why not. Signals do there what they
 * do by default, whatever Node had made of them.
 * @param args from argv[0] on @param environment `NAME=VALUE`
 */
export function execute(path: string, args: readonly string[], environment: readonly string[]): never {
  // SIG_DFL; of the few that cannot be set the answer is EINVAL.
  for (let signal = 1; signal < 65; signal++) setSignal(signal, null);
  check(setMask(SIG_SETMASK, new Uint8Array(128), null), 'sigprocmask');
  check(execve(path, [...args, null], [...environment, null]), 'execve', path);
  throw new Error('execve came back');
}

const SIG_SETMASK = 2;
const setSignal = declare('void *signal(int signal, void *handler)');
const setMask = declare('int sigprocmask(int how, void *set, void *old)');
const execve = declare('int execve(const char *path, const char **args, const char **environment)');
