import { type HostLine, lineMaker } from '../check-line.ts';
import type { Place, SocketFacts } from '../host-facts.ts';
import type { SocketFact } from '../socket-state.ts';
import { isOurs, productText, troubleText } from '../who.ts';

/** What can be said of the sockets at which users, groups and machines are asked for. */
export const socketKinds = {
  sockets_answer: 'ok',
  socket_trouble: 'fail',
  socket_other: 'fail',
  socket_closed: 'fail',
  userdb_stuck: 'fail',
} as const;

const line = lineMaker('sockets', socketKinds);

/** Whether everybody reaches mymachines where it is to be found. */
export function socketLines({ machine, userdb }: SocketFacts, place: Place): HostLine[] {
  const ours = [machine, userdb].map(({ own, shared }) => (isOurs(machine.own) ? own : shared));
  const lines = ours.flatMap((socket) => linesOf(socket, place));
  const paths = ours.map(({ path }) => path).join(' and ');
  return lines.length > 0 ? lines : [line('sockets_answer', `mymachines answers at ${paths}, and everybody may ask`)];
}

function linesOf(socket: SocketFact, place: Place): HostLine[] {
  const { path, state, everybody, owner } = socket;
  const trouble = troubleText(socket);
  if (trouble !== undefined) return [line('socket_trouble', `${path}: ${trouble}`, 'restart mymachines')];
  if (state.kind === 'live' && !isOurs(socket)) {
    const text = `${path}: ${productText(state)} answers there, ${owner}, not mymachines`;
    return [line('socket_other', text, 'end it, or run mymachines beside it, with --source machine1')];
  }
  // A user's registry is that user's.
  if (everybody || place === 'apart') return [];
  return [line('socket_closed', `${path}: not everybody may connect`, 'give the socket mode 0666, directories 0755')];
}

/**
 * Services that do not answer for users and groups: libnss_systemd asks all of them, and waits 45 seconds for each
 * (measured with systemd 262).
 */
export function stuckLines({ userdb, otherUserdbs }: SocketFacts): HostLine[] {
  const others = isOurs(userdb.own) ? [...otherUserdbs, userdb.shared] : otherUserdbs;
  return others.flatMap((socket) => {
    if (socket.state.kind !== 'silent') return [];
    const wait = 'and is waited for with each user and group that is not in /etc/passwd and /etc/group';
    return [line('userdb_stuck', `${socket.path}: ${troubleText(socket)}, ${wait}`, 'restart it, or end it')];
  });
}
