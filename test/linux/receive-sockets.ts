// A program: takes the sockets passed to it, accepts on them, and prints as JSON what it got.
import { readFileSync } from 'node:fs';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { type PassedSocket, takePassedSockets } from '../../src/linux/listen-fds.ts';
import { UnixListener } from '../../src/linux/unix-listener.ts';

/** What it prints: `error` alone where taking the sockets failed. */
export interface Received {
  sockets: PassedSocket[];
  closeOnExec: boolean[];
  /** What a second call gave. */
  again: PassedSocket[];
  /** The names of the variables that are still in the environment. */
  left: string[];
  error?: string;
}

const O_CLOEXEC = 0o2000000;

function isCloseOnExec(fd: number): boolean {
  const flags = /^flags:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] as string;
  return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

function receive(): Received | Pick<Received, 'error'> {
  try {
    const sockets = takePassedSockets();
    const loop = new EventLoop();
    for (const { fd } of sockets) new UnixListener(loop, fd).start(() => {});
    loop.close();
    return {
      sockets,
      closeOnExec: sockets.map(({ fd }) => isCloseOnExec(fd)),
      again: takePassedSockets(),
      left: Object.keys(process.env).filter((name) => name.startsWith('LISTEN_')),
    };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

console.log(JSON.stringify(receive()));
process.exit();
