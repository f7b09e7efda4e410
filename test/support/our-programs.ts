import { EventLoop } from '../../src/linux/event-loop.ts';
import { Channel } from '../../src/programs/channel.ts';
import type { Program } from '../../src/programs/running-program.ts';

const loop = new EventLoop();

/** A program of ours, or one in its place, whose processes are watched for as long as tests run. */
export function watched(path: string): Program {
  return { path, loop };
}

/**
 * The text of a program in place of one of ours.
 * @param answer JavaScript: a function that is called with each message, and may call `say` with another
 */
export function answering(answer: string): string {
  return `
    const { writeSync } = require('node:fs');
    const say = (message) => writeSync(0, JSON.stringify(message) + '\\n');
    const answer = ${answer};
    const input = new (require('node:net').Socket)({ fd: 0 });
    require('node:readline').createInterface({ input }).on('line', (line) => answer(JSON.parse(line)));`;
}

/** What a program is told and says that a test starts itself, through another command. */
export class Conversation<Started> {
  readonly started: Started;
  /** Every line, when the program is gone. */
  readonly said: Promise<string[]>;
  readonly #channel: Channel;

  /** @param start starts it with a descriptor as its standard input, which is closed then */
  constructor(start: (input: number) => Started, line: string) {
    const lines: string[] = [];
    let onClosed = (): void => {};
    this.said = new Promise((resolve) => {
      onClosed = () => resolve(lines);
    });
    this.#channel = new Channel(loop, { line: (text) => lines.push(text), closed: onClosed });
    this.started = start(this.#channel.theirs);
    this.#channel.handedOver();
    this.#channel.send(line);
  }

  /** As the end of a process closes what it has open. */
  leave(): void {
    this.#channel.destroy();
  }
}

/**
 * JavaScript for `node -e`, without a single quotation mark, for where there is no test runner: makes a socket at the
 * path that is its first argument, says the second at it, prints what is said, and ends when nothing more will be. All
 * further arguments are the command line of a program that has the socket as its standard input.
 */
export const CONVERSE: string = `
  const net = require("node:net");
  const [path, line, command, ...parameters] = process.argv.slice(1);
  const server = net.createServer((peer) => {
    server.close();
    peer.write(line + "\\n");
    peer.pipe(process.stdout);
  });
  server.listen(path, () => {
    const theirs = net.connect(path, () => {
      require("node:child_process").spawn(command, parameters, { stdio: [theirs, "ignore", "inherit"] });
      theirs.destroy();
    });
  });`;
