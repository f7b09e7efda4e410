import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sendWithDescriptors } from '../../src/linux/descriptor-passing.ts';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { Channel } from '../../src/programs/channel.ts';
import { openDescriptors } from '../linux/descriptors.ts';

const loop = new EventLoop();
afterAll(() => loop.close());

interface Heard {
  readonly text: string;
  readonly descriptors: readonly number[];
}

/** @param take how many of the descriptors that come with a line are taken */
function open(take = 0): { channel: Channel; heard: Heard[]; closed: () => boolean } {
  const heard: Heard[] = [];
  let over = false;
  const channel = new Channel(loop, {
    line: (text, descriptors) => heard.push({ text, descriptors: descriptors.splice(0, take) }),
    closed: () => {
      over = true;
    },
  });
  return { channel, heard, closed: () => over };
}

let before: Map<number, string>;
beforeEach(() => {
  before = openDescriptors();
});

describe('a channel', () => {
  it('has lines as they were said, however they come', async () => {
    const { channel, heard, closed } = open();
    const bytes = Buffer.from('ä\n\nb\u2028c€\nrest');
    for (const byte of bytes) {
      writeSync(channel.theirs, Buffer.of(byte));
      if (byte % 2 === 0) await new Promise(setImmediate);
    }
    const long = 'x'.repeat(5_000_000);
    const text = Buffer.from(`${long}\nlast\n`);
    for (let at = 0; at < text.length; at += 65_536) {
      writeSync(channel.theirs, text.subarray(at, at + 65_536));
      // It is blocking, as a program has it.
      for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    }
    channel.handedOver();
    await vi.waitFor(() => expect(closed()).toBe(true));
    expect(heard.map((line) => line.text)).toEqual(['ä', '', 'b\u2028c€', `rest${long}`, 'last']);
    expect(openDescriptors()).toEqual(before);
  });

  it('has descriptors with the line that they were sent with, and closes what nobody takes', async () => {
    const { channel, heard, closed } = open(1);
    const files = ['/dev/null', '/dev/zero'].map((path) => openSync(path, 'r'));
    writeSync(channel.theirs, 'before\n');
    sendWithDescriptors(channel.theirs, Buffer.from('with\n'), files);
    writeSync(channel.theirs, 'after\n');
    sendWithDescriptors(channel.theirs, Buffer.from('half of a line'), files);
    channel.handedOver();
    await vi.waitFor(() => expect(closed()).toBe(true));
    expect(heard.map(({ text, descriptors }) => [text, descriptors.length])).toEqual([
      ['before', 0],
      ['with', 1],
      ['after', 0],
    ]);
    const taken = heard[1]?.descriptors[0] as number;
    expect(fstatSync(taken).rdev).toBe(fstatSync(files[0] as number).rdev);
    for (const descriptor of [taken, ...files]) closeSync(descriptor);
    expect(openDescriptors()).toEqual(before);
  });

  it('still hears when it has said all', async () => {
    const { channel, heard, closed } = open();
    channel.send('to the program');
    channel.endOutput();
    const buffer = Buffer.alloc(100);
    expect(buffer.toString('utf8', 0, readSync(channel.theirs, buffer))).toBe('to the program\n');
    expect(readSync(channel.theirs, buffer)).toBe(0);
    writeSync(channel.theirs, 'from it\n');
    channel.handedOver();
    await vi.waitFor(() => expect(closed()).toBe(true));
    expect(heard.map(({ text }) => text)).toEqual(['from it']);
    expect(openDescriptors()).toEqual(before);
  });

  it('that ends with more to say than the other has read says it before', async () => {
    const { channel, closed } = open();
    const long = 'x'.repeat(1_000_000);
    channel.send(long);
    channel.endOutput();
    const buffer = Buffer.alloc(65_536);
    let length = 0;
    for (;;) {
      await new Promise(setImmediate);
      const count = readSync(channel.theirs, buffer);
      if (count === 0) break;
      length += count;
    }
    expect(length).toBe(long.length + 1);
    channel.handedOver();
    await vi.waitFor(() => expect(closed()).toBe(true));
    expect(openDescriptors()).toEqual(before);
  });
});
