import { writeSync } from 'node:fs';
import { DescriptorReceiver, sendWithDescriptors } from '../linux/descriptor-passing.ts';
import { check } from '../linux/libc.ts';

/**
 * The standard input of a program of ours: a socket to whoever has started it (channel.ts), at which it is told what to
 * do, and answers. It comes to its end when nobody wants anything of the program any more.
 */
export const WANTED = 0;

/**
 * Waits for the next line, and holds everything up meanwhile.
 * @param passed gets the descriptors that come with it
 * @returns it without its end; undefined when there will be none. Throws a SystemError.
 */
export function hear(passed: number[] = []): string | undefined {
  const pieces: Buffer[] = [];
  for (;;) {
    const count = check(receiver.receive(WANTED), 'recvmsg');
    passed.push(...(receiver.descriptors?.numbers ?? []));
    if (count === 0) return undefined;
    pieces.push(Buffer.from(buffer.slice(0, count)));
    // Whoever says a line waits for what becomes of it.
    if (pieces.at(-1)?.at(-1) === NEWLINE) return Buffer.concat(pieces).toString().slice(0, -1);
  }
}

/** Each line that is to come. Throws as {@link hear}. */
export function* heard(): Generator<string> {
  for (let line = hear(); line !== undefined; line = hear()) yield line;
}

/**
 * Says a line, and waits until it has been taken.
 * @param descriptors go with it, and stay open here
 * @throws SystemError, or an error of node:fs, when nobody is there any more: EPIPE
 */
export function say(line: string, descriptors: readonly number[] = []): void {
  const bytes = Buffer.from(`${line}\n`);
  let at = descriptors.length > 0 ? check(sendWithDescriptors(WANTED, bytes, descriptors), 'sendmsg') : 0;
  while (at < bytes.length) at += writeSync(WANTED, bytes, at);
}

const NEWLINE = 0x0a;
const buffer = new ArrayBuffer(64 * 1024);
const receiver = new DescriptorReceiver(buffer);
