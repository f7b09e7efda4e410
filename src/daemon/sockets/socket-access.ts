import { execFile } from 'node:child_process';
import { everybodyMayConnect } from '../../linux/socket-permissions.ts';

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
export async function trySocketAccess(path: string, signal: AbortSignal): Promise<SocketAccess> {
  try {
    return await tryAsNobody(path, signal);
  } catch (error) {
    // No memory for a process (ENOMEM), which Node does not tell as it does all else.
    return { kind: 'untried', reason: (error as Error).message };
  }
}

function tryAsNobody(path: string, signal: AbortSignal): Promise<SocketAccess> {
  return new Promise((resolve) => {
    // The words of the environment are meant for us, and could make node do anything.
    const options = { env: {}, timeout: PATIENCE, signal };
    execFile(process.execPath, ['-e', PROGRAM, path], options, (error, printed) => {
      if (error?.code === ALLOWED) resolve({ kind: 'allowed' });
      else if (error?.code === REFUSED) resolve({ kind: 'refused', code: printed });
      else if (printed === 'EPERM') resolve(accessByPermissions(path));
      else resolve({ kind: 'untried', reason: printed || (error?.message ?? 'the process said nothing') });
    });
  });
}

const ALLOWED = 10;
const REFUSED = 11;

/**
 * Started with all our rights, so that it can be read by whom it becomes; groups go first, while there is the right.
 */
const PROGRAM = `
const say = (status) => (error) => process.stdout.write(error.code ?? error.message, () => process.exit(status));
try {
  process.setgroups([]);
  process.setgid(${NOBODY});
  process.setuid(${NOBODY});
  const socket = require('node:net').connect(process.argv[1]);
  socket.on('connect', () => process.exit(${ALLOWED})).on('error', say(${REFUSED}));
} catch (error) {
  say(1)(error);
}`;

/** What the permissions of a socket and of the directories on the way to it allow to those who are nothing special. */
function accessByPermissions(path: string): SocketAccess {
  try {
    return everybodyMayConnect(path) ? { kind: 'allowed' } : { kind: 'refused', code: 'EACCES' };
  } catch (error) {
    return { kind: 'untried', reason: (error as Error).message };
  }
}
