import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Container } from './namespaces.ts';
import { projectRoot } from './project-root.ts';

/** Changes the IPv4 addresses of a container's `host0` thousands of times a second, by requests to the kernel itself. */
export class AddressFlood {
  readonly #child: ChildProcess;
  readonly #output: Promise<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    this.#output = once(child, 'close').then(() => text);
  }

  /**
   * Begins.
   * @param modules as of `compileModules`
   * @param network the second byte of the addresses, as in 10.7.0.0/17
   * @param rate changes in a second
   * @param kept how many addresses there are at a time: none before
   */
  static async start(
    modules: string,
    container: Container,
    network: number,
    rate: number,
    kept: number,
  ): Promise<AddressFlood> {
    const [link] = JSON.parse(await container.exec('ip', '-j', 'link', 'show', 'dev', 'host0')) as [
      { ifindex: number },
    ];
    const inside = ['-t', `${container.pid}`, '-n', '--', 'setpriv', '--pdeathsig', 'KILL'];
    const program = [
      '--input-type=module',
      '-e',
      PROGRAM,
      join(projectRoot, 'build', modules, 'linux/netlink/netlink-socket.js'),
    ];
    const numbers = [link.ifindex, network, rate, kept].map(String);
    const child = spawn('nsenter', [...inside, process.execPath, ...program, ...numbers], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const flood = new AddressFlood(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    return flood;
  }

  /** Ends it, and gives how many changes there were in a second. */
  async stop(): Promise<number> {
    this.#child.stdin?.end();
    const [changes = 0, milliseconds = 1] =
      (await this.#output).trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
    return (changes * 1000) / milliseconds;
  }
}

// RTM_NEWADDR and RTM_DELADDR (rtnetlink(7)) with IFA_LOCAL and IFA_ADDRESS, all of ten milliseconds at once.
const PROGRAM = `
const [path, ...numbers] = process.argv.slice(1);
const [index, network, rate, kept] = numbers.map(Number);
const { NetlinkSocket } = await import(path);
const socket = new NetlinkSocket();
const SIZE = 40;
const change = (buffer, at, type, flags, number) => {
  buffer.writeUInt32LE(SIZE, at);
  buffer.writeUInt16LE(type, at + 4);
  buffer.writeUInt16LE(0x1 | flags, at + 6);
  buffer.writeUInt8(2, at + 16);
  buffer.writeUInt8(32, at + 17);
  buffer.writeUInt32LE(index, at + 20);
  for (const [attribute, offset] of [[2, 24], [1, 32]]) {
    buffer.writeUInt16LE(8, at + offset);
    buffer.writeUInt16LE(attribute, at + offset + 2);
    buffer.set([10, network, (number >> 8) & 127, number & 255], at + offset + 4);
  }
};
let number = 0;
let changes = 0;
const start = performance.now();
const turn = () => {
  const due = Math.floor(((performance.now() - start) * rate) / 1000);
  // What was late is made up for, a little at a time.
  const pairs = Math.min(Math.floor((due - changes) / 2), 400);
  if (pairs <= 0) return;
  const buffer = Buffer.alloc(2 * pairs * SIZE);
  let at = 0;
  for (let count = 0; count < pairs; count++, number++) {
    change(buffer, at, 20, 0x600, number);
    at += SIZE;
    if (number < kept) continue;
    change(buffer, at, 21, 0, number - kept);
    at += SIZE;
  }
  socket.send(buffer.subarray(0, at));
  changes += at / SIZE;
  while (socket.receive() !== undefined) throw new Error('the kernel refused a change');
};
const timer = setInterval(turn, 10);
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  console.log(changes + ' ' + (performance.now() - start));
});
console.log('begun');
`;
