import type { EventLoop } from '../../linux/event-loop.ts';
import { everybodyMayConnect } from '../../linux/socket-permissions.ts';
import { askProcess } from '../../programs/short-process.ts';

/** What came of connecting to a socket as a user that nobody has given anything to. */
export type SocketAccess =
  | { readonly kind: 'allowed' }
  /** By the number of the system's error, as in `EACCES`. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It could not be tried. */
  | { readonly kind: 'untried'; readonly reason: string };

/** The user `nobody` of every Linux, the kernel's overflow uid. */
const NOBODY = 65534;

/** Milliseconds. A process starts in 50; a host that boots has other things to do as well. */
const PATIENCE = 30_000;

/**
 * Connects to a socket as another user would: in a process of its own that gives up who we are, so that we stay who we
 * are. Where we have no right to become another (CAP_SETUID), the permissions say what would come of it. `signal` ends
 * it.
 */
export async function trySocketAccess(loop: EventLoop, path: string, signal: AbortSignal): Promise<SocketAccess> {
  // The words of the environment are meant for us, and could make node do anything.
  const program = { loop, path, options: ['-e', PROGRAM], environment: {} };
  const { answer, kill } = askProcess<SocketAccess>(program, {});
  const timer = setTimeout(kill, PATIENCE);
  const abort = (): void => {
    clearTimeout(timer);
    kill();
  };
  signal.addEventListener('abort', abort);
  try {
    const access = await answer;
    return access.kind === 'untried' && access.reason === 'EPERM' ? accessByPermissions(path) : access;
  } catch (error) {
    return { kind: 'untried', reason: (error as Error).message };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Started with all our rights, so that it can be read by whom it becomes; groups go first, while there is the right.
 */
const PROGRAM = `
const say = (access) => {
  require('node:fs').writeSync(0, JSON.stringify(access) + '\\n');
  process.exit();
};
const code = (error) => error.code ?? error.message;
try {
  process.setgroups([]);
  process.setgid(${NOBODY});
  process.setuid(${NOBODY});
  const socket = require('node:net').connect(process.argv[1]);
  socket.on('connect', () => say({ kind: 'allowed' }));
  socket.on('error', (error) => say({ kind: 'refused', code: code(error) }));
} catch (error) {
  say({ kind: 'untried', reason: code(error) });
}`;

/** What the permissions of a socket and of the directories on the way to it allow to those who are nothing special. */
function accessByPermissions(path: string): SocketAccess {
  try {
    return everybodyMayConnect(path) ? { kind: 'allowed' } : { kind: 'refused', code: 'EACCES' };
  } catch (error) {
    return { kind: 'untried', reason: (error as Error).message };
  }
}
