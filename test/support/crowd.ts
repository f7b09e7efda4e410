import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** What has become of a crowd's connections. */
export interface CrowdState {
  /** Those that were answered the last time. */
  readonly answered: number;
  /** Those that are over. */
  readonly closed: number;
}

/** Connections of many users to one Varlink socket, all from one process of root that lends itself their ids. */
export class Crowd {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor(path: string) {
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, '-e', PROGRAM, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
  }

  /** Connects so often as a user, and asks over each. */
  connect(uid: number, count: number): Promise<CrowdState> {
    return this.#say({ uid, count });
  }

  /** Asks over all connections that there are, and waits until each has an answer or is over. */
  ask(): Promise<CrowdState> {
    return this.#say({});
  }

  /** Subscribes over all connections that there are, which have a call under way from then on. */
  subscribe(): Promise<CrowdState> {
    return this.#say({ method: 'io.github.mymachines.Registry.Subscribe' });
  }

  /** Ends all of them. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #say(what: { readonly uid?: number; readonly count?: number; readonly method?: string }): Promise<CrowdState> {
    this.#child.stdin?.write(`${JSON.stringify(what)}\n`);
    return new Promise((resolve) => this.#lines.once('line', (line) => resolve(JSON.parse(line))));
  }
}

// A socket belongs to whoever the process is at the time of connect(2), which node:net calls at once.
const PROGRAM = `
const { connect } = require('node:net');
const path = process.argv[1];
const all = [];
let closed = 0;
const open = () => {
  const socket = connect(path);
  socket.over = false;
  socket.on('error', () => {});
  socket.on('data', (chunk) => chunk.includes(0) && socket.answer?.(true));
  socket.on('close', () => {
    socket.over = true;
    closed++;
    socket.answer?.(false);
  });
  all.push(socket);
};
const ask = (socket, method) =>
  new Promise((resolve) => {
    if (socket.over) return resolve(false);
    socket.answer = resolve;
    socket.write(JSON.stringify({ method, more: method.endsWith('.Subscribe') }) + '\\0');
  });
require('node:readline')
  .createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { uid, count = 0, method = 'org.varlink.service.GetInfo' } = JSON.parse(line);
    if (uid !== undefined) process.seteuid(uid);
    const from = uid === undefined ? 0 : all.length;
    for (let index = 0; index < count; index++) open();
    if (uid !== undefined) process.seteuid(0);
    const answers = await Promise.all(all.slice(from).map((socket) => ask(socket, method)));
    console.log(JSON.stringify({ answered: answers.filter(Boolean).length, closed }));
  });
`;
