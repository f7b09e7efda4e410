import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/dbus/connection/transport.ts';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { check, declare } from '../../src/linux/libc.ts';
import { bindSocket, openSocket, SOCK_STREAM } from '../../src/linux/socket.ts';
import { AF_UNIX, abstractAddress } from '../../src/linux/unix-address.ts';
import { connectUnix } from '../../src/linux/unix-connect.ts';
import { UnixListener } from '../../src/linux/unix-listener.ts';
import type { UnixStream } from '../../src/linux/unix-stream.ts';
import { openDescriptors } from './descriptors.ts';
import { until } from './stream-pair.ts';

describe('connectUnix', () => {
  let loop: EventLoop;
  let directory: string;
  let path: string;
  let before: number;
  const open: { destroy(): void }[] = [];

  beforeEach(() => {
    before = openDescriptors().size;
    loop = new EventLoop();
    directory = mkdtempSync(join(tmpdir(), 'mymachines-connect-'));
    path = join(directory, 'socket');
  });

  afterEach(() => {
    for (const each of open.splice(0)) each.destroy();
    loop.close();
    rmSync(directory, { recursive: true });
    expect(openDescriptors().size).toBe(before);
  });

  /** A listener that answers everything with the same again. */
  const echo = (listener: UnixListener): void => {
    open.push({ destroy: () => listener.close() });
    listener.start((stream) => {
      open.push(stream);
      stream.start({ data: (chunk) => stream.send(chunk.slice()), drain: () => {}, closed: () => {} });
    });
  };
  const answerOf = async (stream: UnixStream): Promise<string> => {
    open.push(stream);
    let text = '';
    const data = (chunk: Uint8Array): void => {
      text += Buffer.from(chunk).toString();
    };
    stream.start({ data, drain: () => {}, closed: () => {} });
    stream.send(Buffer.from('hello'));
    await until(() => text.length === 5);
    return text;
  };

  it('connects to a path', async () => {
    echo(UnixListener.bind(loop, path));
    const stream = connectUnix(loop, { path });
    expect(stream.peer.pid).toBe(process.pid);
    expect(await answerOf(stream)).toBe('hello');
  });

  it('connects to an abstract name', async () => {
    const name = `mymachines-connect-${process.pid}`;
    const fd = openSocket(AF_UNIX, SOCK_STREAM, 0);
    const address = abstractAddress(name);
    expect(bindSocket(fd, address, address.length)).toBe(0);
    check(listen(fd, 5), 'listen');
    echo(new UnixListener(loop, fd));
    expect(await answerOf(connectUnix(loop, { abstract: name }))).toBe('hello');
  });

  it('gives what the D-Bus connection takes', () => {
    echo(UnixListener.bind(loop, path));
    const transport: Transport = connectUnix(loop, { path }, { passDescriptors: true });
    open.push(transport);
    expect(transport.send(Buffer.from('x'))).toBe(true);
  });

  it('fails at once where nobody listens', () => {
    expect(() => connectUnix(loop, { path })).toThrow(`connect ${path}: ENOENT`);
    expect(() => connectUnix(loop, { abstract: 'mymachines-none' })).toThrow('connect @mymachines-none: ECONNREFUSED');
    writeFileSync(path, '');
    chmodSync(path, 0o666);
    expect(() => connectUnix(loop, { path })).toThrow('ECONNREFUSED');
    expect(() => connectUnix(loop, { path: 'x'.repeat(200) })).toThrow(TypeError);
  });

  it('does not wait for a listener whose queue is full', () => {
    const listener = UnixListener.bind(loop, path, { backlog: 1 });
    open.push({ destroy: () => listener.close() });
    const start = performance.now();
    expect(() => {
      for (let count = 0; count < 10; count++) open.push(connectUnix(loop, { path }));
    }).toThrow('EAGAIN');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

const listen = declare('int listen(int fd, int backlog)');
