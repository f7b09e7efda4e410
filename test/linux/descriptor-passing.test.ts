import { closeSync, readFileSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PassedDescriptors } from '../../src/linux/descriptor-passing.ts';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { type StreamEvents, UnixStream } from '../../src/linux/unix-stream.ts';
import { dup, makePipe, makeSocketPair, openDescriptors, sendDescriptor } from './descriptors.ts';
import { runModule } from './run-module.ts';
import { until } from './stream-pair.ts';

interface Piece {
  readonly text: string;
  readonly descriptors: PassedDescriptors | undefined;
}

let loop: EventLoop;
let one: UnixStream;
let two: UnixStream;
/** The descriptor of `one`. */
let other: number;
let pieces: Piece[];
let closed: (Error | undefined)[];

let events: StreamEvents;

beforeEach(() => {
  loop = new EventLoop();
  const [a, b] = makeSocketPair();
  other = a;
  one = new UnixStream(loop, a, { passDescriptors: true });
  two = new UnixStream(loop, b, { passDescriptors: true });
  const got: Piece[] = [];
  const ends: (Error | undefined)[] = [];
  [pieces, closed] = [got, ends];
  events = {
    data: (chunk, descriptors) => void got.push({ text: Buffer.from(chunk).toString(), descriptors }),
    drain: () => {},
    closed: (error) => void ends.push(error),
  };
});

afterEach(() => {
  one.destroy();
  two.destroy();
  loop.close();
});

describe('descriptors on a UnixStream', () => {
  it('arrive with the bytes they were sent with, in their order, close-on-exec, and are closed on the side that sent them', async () => {
    one.start({ ...events, data: () => {} });
    two.start(events);
    const before = openDescriptors().size;
    const { reader, writer } = makePipe();
    const pipe = readlinkSync(`/proc/self/fd/${reader}`);
    expect(one.send(Buffer.from('plain;'))).toBe(true);
    expect(one.send(Buffer.from('both;'), [reader, writer])).toBe(true);
    expect(one.send(Buffer.from('after'))).toBe(true);
    await until(() => pieces.map(({ text }) => text).join('') === 'plain;both;after');
    expect(pieces.filter(({ descriptors }) => descriptors !== undefined)).toHaveLength(1);
    const piece = pieces.find(({ descriptors }) => descriptors !== undefined) as Piece;
    expect(piece.text.endsWith('both;')).toBe(true);
    const { numbers, truncated } = piece.descriptors as PassedDescriptors;
    expect(truncated).toBe(false);
    expect(numbers.map((fd) => readlinkSync(`/proc/self/fd/${fd}`))).toEqual([pipe, pipe]);
    for (const fd of numbers) {
      expect(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')).toMatch(/^flags:\t0*2[0-7]{6}$/m);
    }
    const [gotReader, gotWriter] = numbers as [number, number];
    writeSync(gotWriter, 'x');
    expect(readSync(gotReader, Buffer.alloc(1))).toBe(1);
    for (const fd of numbers) closeSync(fd);
    expect(openDescriptors().size).toBe(before);
  });

  it('come in a piece that ends with theirs: what follows is in the next', async () => {
    for (let index = 0; index < 20; index++) sendDescriptor(other, 1, `${index};`);
    two.start(events);
    await until(() => pieces.length === 20);
    expect(pieces.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, index) => `${index};`));
    for (const { descriptors } of pieces) for (const fd of descriptors?.numbers ?? []) closeSync(fd);
  });

  it('pass 253 at once, and more are refused before anything is sent', async () => {
    const before = openDescriptors().size;
    one.start({ ...events, data: () => {} });
    two.start(events);
    const many = Array.from({ length: 253 }, () => dup(1));
    expect(() => one.send(Buffer.from('x'), [...many, 1])).toThrow('254 descriptors cannot be sent');
    expect(() => one.send(Buffer.alloc(0), many)).toThrow(TypeError);
    one.send(Buffer.from('x'), many);
    await until(() => pieces.length === 1);
    expect(pieces[0]?.descriptors?.numbers).toHaveLength(253);
    for (const fd of pieces[0]?.descriptors?.numbers ?? []) closeSync(fd);
    expect(openDescriptors().size).toBe(before);
  });

  it('wait with their bytes for a slow reader, and arrive in order', async () => {
    one.start({ ...events, data: () => {} });
    const before = openDescriptors().size;
    while (one.send(Buffer.alloc(10_000, '.')));
    for (let index = 0; index < 100; index++) one.send(Buffer.from(`${index};`), [dup(1)]);
    two.start(events);
    await until(() => pieces.at(-1)?.text.endsWith('99;') === true);
    const carrying = pieces.filter(({ descriptors }) => descriptors !== undefined);
    expect(carrying.map(({ text }) => text.slice(text.lastIndexOf('.') + 1))).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index};`),
    );
    for (const { descriptors } of carrying) for (const fd of descriptors?.numbers ?? []) closeSync(fd);
    expect(openDescriptors().size).toBe(before);
  });

  it.each([
    ['the stream is destroyed with them waiting', () => one.destroy()],
    ['the peer goes away with them waiting', () => two.destroy()],
  ])('are closed when %s', async (_name, end) => {
    one.start(events);
    while (one.send(Buffer.alloc(10_000)));
    const before = openDescriptors().size;
    for (let index = 0; index < 10; index++) one.send(Buffer.from('x'), [dup(1)]);
    expect(openDescriptors().size).toBe(before + 10);
    end();
    await until(() => closed.length === 1);
    expect(openDescriptors().size).toBeLessThan(before);
  });

  it('are closed when handed to a stream that is over', () => {
    one.destroy();
    const fd = dup(1);
    const before = openDescriptors().size;
    expect(one.send(Buffer.from('x'), [fd, fd])).toBe(false);
    expect(openDescriptors().size).toBe(before - 1);
  });

  it('end the connection when one of them is none, and the others are closed', async () => {
    one.start(events);
    const before = openDescriptors().size;
    const gone = 100_000;
    expect(one.send(Buffer.from('x'), [dup(1), gone, dup(1)])).toBe(false);
    await until(() => closed.length === 1);
    expect(closed).toEqual([expect.objectContaining({ code: 'EBADF' })]);
    expect(openDescriptors().size).toBe(before - 1);
  });

  it('are reported as truncated when this process has no number left, and those that fit are there', async () => {
    const { stdout, stderr } = await runModule(
      `
        import { openSync, closeSync } from 'node:fs';
        import { EventLoop } from '#src/linux/event-loop.ts';
        import { UnixStream } from '#src/linux/unix-stream.ts';
        import { dup, makeSocketPair, openDescriptors } from '#test/linux/descriptors.ts';
        const loop = new EventLoop();
        const [a, b] = makeSocketPair();
        const one = new UnixStream(loop, a, { passDescriptors: true });
        const two = new UnixStream(loop, b, { passDescriptors: true });
        const fds = Array.from({ length: 5 }, () => dup(1));
        one.start({ data() {}, drain() {}, closed() {} });
        one.send(Buffer.from('x'), fds);
        const filler = [];
        try { for (;;) filler.push(openSync('/dev/null')); } catch {}
        for (const fd of filler.splice(0, 2)) closeSync(fd);
        two.start({
          data(chunk, descriptors) {
            for (const fd of filler) closeSync(fd);
            console.log(JSON.stringify({ text: String.fromCharCode(...chunk), count: descriptors.numbers.length, truncated: descriptors.truncated }));
            process.exit();
          },
          drain() {},
          closed(error) { console.log('closed', error); process.exit(); },
        });
      `,
      {},
      64,
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ text: 'x', count: 2, truncated: true });
  });
});
