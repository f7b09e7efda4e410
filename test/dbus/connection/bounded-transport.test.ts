import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BoundedTransport } from '../../../src/dbus/connection/bounded-transport.ts';
import type { PassedDescriptors } from '../../../src/dbus/connection/transport.ts';
import { sendWithDescriptors } from '../../../src/linux/descriptor-passing.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { UnixStream } from '../../../src/linux/unix-stream.ts';
import { makeSocketPair, openDescriptors } from '../../linux/descriptors.ts';

let before: Map<number, string>;
let loop: EventLoop;
let other: number;
let received: { bytes: number; descriptors: number; closed: number };

beforeEach(() => {
  before = openDescriptors();
  loop = new EventLoop();
  const [fd, theirs] = makeSocketPair();
  other = theirs;
  received = { bytes: 0, descriptors: 0, closed: 0 };
  const stream = new UnixStream(loop, fd, { passDescriptors: true });
  new BoundedTransport(stream, { bytes: 1000, descriptors: 2 }).start({
    data(chunk: Uint8Array, passed?: PassedDescriptors) {
      received.bytes += chunk.length;
      for (const descriptor of passed?.numbers ?? []) {
        received.descriptors++;
        closeSync(descriptor);
      }
    },
    drain() {},
    closed: () => void received.closed++,
  });
});

afterEach(() => {
  closeSync(other);
  loop.close();
  expect(openDescriptors()).toEqual(before);
});

function send(bytes: number, descriptors: number): void {
  const passed = Array.from({ length: descriptors }, () => openSync('/dev/null', 'r'));
  sendWithDescriptors(other, Buffer.alloc(bytes), passed);
  for (const descriptor of passed) closeSync(descriptor);
}

it('hands on what is within the bounds', async () => {
  send(400, 1);
  send(600, 1);
  await expect.poll(() => received).toEqual({ bytes: 1000, descriptors: 2, closed: 0 });
  send(1, 0);
  await expect.poll(() => received).toEqual({ bytes: 1000, descriptors: 2, closed: 1 });
});

it.each([
  ['bytes', 1001, 0],
  ['descriptors', 10, 3],
])('ends with more %s in all, which are closed', async (_, bytes, descriptors) => {
  send(bytes, descriptors);
  await expect.poll(() => received).toEqual({ bytes: 0, descriptors: 0, closed: 1 });
});
