import { declare, type Native, SystemError } from './libc.ts';

/** What is started. */
export interface Spawn {
  /** The program's path, absolute, and its parameters. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The descriptor that becomes its standard input. It stays the caller's, open until this is done. */
  readonly input: number;
}

/**
 * Starts a program with nothing but a standard input: both outputs are /dev/null, its directory is the root, no signal
 * is blocked or ignored. Whoever calls this reaps it ({@link waitForChild}).
 *
 * Unlike that of node:child_process it holds nobody up. That one has the page tables of this process copied and waits until
 * the new program runs: 1.9 ms for a process of 57 MB, 7.2 for one of 120 (Node 20.20, Linux 6.18). This one shares the
 * memory (posix_spawn(3); glibc and musl have CLONE_VFORK for it), and a thread of the pool is what waits: 0.15 ms for
 * either. One is started at a time.
 * @returns its process number. Rejects with a SystemError: ENOENT, EACCES, EAGAIN, ENOMEM.
 */
export function spawnProgram(spawn: Spawn): Promise<number> {
  const started = last.then(() => start(spawn));
  last = started.catch(() => {});
  return started;
}

/**
 * Has the threads made that {@link spawnProgram} needs. libuv (1.46) makes them when they are needed first, and ends the
 * process where there is no memory for them, or no process number.
 */
export function prepareSpawning(): void {
  getpid.async(() => {});
}

let last: Promise<unknown> = Promise.resolve();

async function start({ command, environment, input }: Spawn): Promise<number> {
  const [path] = command;
  const actions = Buffer.alloc(OPAQUE);
  const attributes = Buffer.alloc(OPAQUE);
  const pid = new Int32Array(1);
  succeed(initActions(actions), path);
  succeed(initAttributes(attributes), path);
  try {
    succeed(addDuplicate(actions, input, 0), path);
    for (const output of [1, 2]) succeed(addOpen(actions, output, '/dev/null', O_WRONLY, 0), path);
    succeed(addDirectory(actions, '/'), path);
    succeed(setBlocked(attributes, Buffer.alloc(OPAQUE)), path);
    // Also the one that glibc keeps for itself, which it has ignored else, and so would all that the program starts.
    succeed(setDefault(attributes, Buffer.alloc(OPAQUE, 0xff)), path);
    succeed(setFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK), path);
    const words = [
      [...command, null],
      [...assignments(environment), null],
    ];
    const errno = await new Promise<number>((resolve, reject) => {
      spawn.async(pid, path, actions, attributes, ...words, (error: Error | null, result: number) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    });
    succeed(errno, path);
    return pid[0] as number;
  } finally {
    // Until now: what nobody here has any more would be taken from under the thread.
    destroyActions(actions);
    destroyAttributes(attributes);
  }
}

/** Where a process tells what it has run it is to have its children tell, too, as node:child_process has it. */
function* assignments(environment: Spawn['environment']): Generator<string> {
  const { NODE_V8_COVERAGE } = process.env;
  const all = { ...environment, ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }) };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) yield `${name}=${value}`;
}

/** These functions return the error number. */
function succeed(errno: number, path: string): void {
  if (errno !== 0) throw new SystemError(errno, 'posix_spawn', path);
}

/** A function that can be called in a thread of the pool: its last parameter is called back with an error or a result. */
type Asynchronous = Native & { readonly async: (...parameters: unknown[]) => void };

/** Bytes, more than any of sigset_t, posix_spawn_file_actions_t and posix_spawnattr_t has (128, 80 and 336). */
const OPAQUE = 1024;
const O_WRONLY = 1;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;

const initActions = declare('int posix_spawn_file_actions_init(void *actions)');
const destroyActions = declare('int posix_spawn_file_actions_destroy(void *actions)');
const addDuplicate = declare('int posix_spawn_file_actions_adddup2(void *actions, int fd, int newFd)');
const addOpen = declare(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
);
const addDirectory = declare('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)');
const initAttributes = declare('int posix_spawnattr_init(void *attributes)');
const destroyAttributes = declare('int posix_spawnattr_destroy(void *attributes)');
const setBlocked = declare('int posix_spawnattr_setsigmask(void *attributes, void *signals)');
const setDefault = declare('int posix_spawnattr_setsigdefault(void *attributes, void *signals)');
const setFlags = declare('int posix_spawnattr_setflags(void *attributes, short flags)');
const spawn = declare(
  'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)',
) as Asynchronous;
const getpid = declare('int getpid()') as Asynchronous;
