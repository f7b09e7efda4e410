import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BareContainer } from '../../support/bare-container.ts';

/** A program in a container that listens on a socket there and says who connects. */
export class Listener {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  static async start(container: BareContainer, path: string): Promise<Listener> {
    const listener = new Listener(container.spawn('python3', '-uc', program, path));
    if ((await listener.line()) !== 'listening') throw new Error(`nobody listens on ${path}`);
    return listener;
  }

  /** The next line: `PID UID GID` of who connects. */
  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

const program = `
import socket, struct, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(8)
print('listening')
while True:
    peer, _ = listener.accept()
    print(*struct.unpack('iii', peer.getsockopt(socket.SOL_SOCKET, 17, 12)))
    peer.sendall(b'welcome')
`;
