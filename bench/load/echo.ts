import { closeSync } from 'node:fs';
import { accept, listenAt, Readiness, receive, sendAll } from './sockets.ts';

// echo SOCKET: a server that does nothing but reply, the same to every message. How fast a load generator is with it
// is how fast the generator can be with anything on this machine.
const REPLY = new TextEncoder().encode(
  `{"parameters":{"record":${JSON.stringify({ filler: 'x'.repeat(250) })},"incomplete":false}}\0`,
);
const LISTENER = 0xffff_ffff;

function reply(fd: number): void {
  try {
    sendAll(fd, REPLY);
  } catch {
    // A load generator leaves when its time is over, whatever is still in flight.
    close(fd);
  }
}

function close(fd: number): void {
  ready.remove(fd);
  closeSync(fd);
}

const listener = listenAt(process.argv[2] ?? '');
const input = new Uint8Array(64 * 1024);
const ready = new Readiness();
ready.add(listener, LISTENER);
process.stdout.write('ready\n');
for (;;) {
  const count = ready.wait(-1);
  for (let index = 0; index < count; index++) {
    const key = ready.key(index);
    if (key === LISTENER) {
      const fd = accept(listener);
      ready.add(fd, fd);
    } else {
      const length = receive(key, input);
      if (length === 0) close(key);
      else if (input[length - 1] === 0) reply(key);
    }
  }
}
