import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { removeStaleSocket } from '../../src/linux/stale-socket.ts';
import { UnixListener } from '../../src/linux/unix-listener.ts';
import type { UnixStream } from '../../src/linux/unix-stream.ts';
import { dup, openDescriptors } from './descriptors.ts';
import { runModule } from './run-module.ts';

let loop: EventLoop;
let folder: string;
let path: string;

beforeEach(() => {
  loop = new EventLoop();
  folder = mkdtempSync('/tmp/unix-listener-');
  path = join(folder, 'socket');
});

afterEach(() => {
  loop.close();
  rmSync(folder, { recursive: true, force: true });
});

function echo(stream: UnixStream): void {
  stream.start({ data: (chunk) => void stream.send(chunk.slice()), drain() {}, closed() {} });
}

function read(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
}

describe('UnixListener', () => {
  it('accepts a connection and carries bytes both ways', async () => {
    const listener = UnixListener.bind(loop, path);
    listener.start(echo);
    const client = connect(path);
    client.write('hello');
    expect(await read(client)).toBe('hello');
    client.destroy();
    listener.close();
  });

  it.each([0o666, 0o600, 0o777])('gives the socket file the mode %o whatever the umask', (mode) => {
    const umask = process.umask(0o027);
    const listener = UnixListener.bind(loop, path, { mode });
    process.umask(umask);
    expect(statSync(path).mode & 0o7777).toBe(mode);
    listener.close();
  });

  it('removes its socket file at the end, but not one that took its place', () => {
    const first = UnixListener.bind(loop, path);
    first.close();
    expect(existsSync(path)).toBe(false);
    const second = UnixListener.bind(loop, path);
    rmSync(path);
    writeFileSync(path, 'somebody else');
    second.close();
    expect(readFileSync(path, 'utf8')).toBe('somebody else');
  });

  it('names a path that is too long, or that is in use, and leaves nothing open', () => {
    const before = openDescriptors().size;
    const long = join(folder, 'x'.repeat(107 - folder.length));
    expect(() => UnixListener.bind(loop, long)).toThrow(`${long} has 108 bytes`);
    writeFileSync(path, 'not ours');
    expect(() => UnixListener.bind(loop, path)).toThrow(`bind ${path}: EADDRINUSE`);
    expect(() => UnixListener.bind(loop, join(folder, 'none/socket'))).toThrow('ENOENT');
    expect(readFileSync(path, 'utf8')).toBe('not ours');
    expect(openDescriptors().size).toBe(before);
  });

  it('takes the longest path that fits', async () => {
    const longest = join(folder, 'x'.repeat(106 - folder.length));
    expect(Buffer.byteLength(longest)).toBe(107);
    const listener = UnixListener.bind(loop, longest);
    listener.start(echo);
    const client = connect(longest);
    client.write('fits');
    expect(await read(client)).toBe('fits');
    client.destroy();
    listener.close();
  });

  it('takes over a socket that listens already, as systemd passes one', async () => {
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    // biome-ignore lint/suspicious/noExplicitAny: node:net has no public way to the descriptor of a server
    const { fd } = (server as any)._handle;
    const listener = new UnixListener(loop, dup(fd));
    // Closing the server would remove the file of the socket that lives on.
    renameSync(path, `${path}-kept`);
    server.close();
    listener.start(echo);
    const client = connect(`${path}-kept`);
    client.write('taken over');
    expect(await read(client)).toBe('taken over');
    client.destroy();
    listener.close();
    expect(() => listener.start(echo)).toThrow('closed');
  });

  it('has 2,000 connections open at once, and leaves no descriptor behind', async () => {
    const listener = UnixListener.bind(loop, path);
    let closed = 0;
    let accepted = 0;
    listener.start((stream) => {
      accepted++;
      stream.start({ data: (chunk) => void stream.send(chunk.slice()), drain() {}, closed: () => closed++ });
    });
    const before = openDescriptors().size;
    const clients = Array.from({ length: 2000 }, () => connect(path));
    for (const client of clients) client.write('x');
    await Promise.all(clients.map(read));
    expect(openDescriptors().size).toBe(before + 4000);
    for (const client of clients) client.destroy();
    for (let waits = 0; closed < 2000 && waits < 100; waits++) await sleep(10);
    expect(accepted).toBe(2000);
    expect(closed).toBe(2000);
    expect(openDescriptors().size).toBe(before);
    listener.close();
  });

  it('accepts connections that piled up beyond one round', async () => {
    const listener = UnixListener.bind(loop, path);
    const clients = Array.from({ length: 300 }, () => connect(path));
    for (const client of clients) client.write('x');
    listener.start(echo);
    expect(await Promise.all(clients.map(read))).toHaveLength(300);
    for (const client of clients) client.destroy();
    listener.close();
  });

  it.skipIf(process.getuid?.() !== 0)(
    'tells the ids of the process that connected, also after it has gone (needs root)',
    async () => {
      chmodSync(folder, 0o755);
      const listener = UnixListener.bind(loop, path);
      const accepted = new Promise<UnixStream>((resolve) => listener.start(resolve));
      const script = `require('node:net').connect('${path}', () => process.stdin.resume())`;
      const child = spawn(process.execPath, ['-e', script], {
        uid: 54321,
        gid: 54322,
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const { peer } = await accepted;
      const pidfd = peer.openPidfd();
      expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toContain(`Pid:\t${child.pid}\n`);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toContain('Pid:\t-1\n');
      expect({ ...peer }).toEqual({ uid: 54321, gid: 54322, pid: child.pid });
      closeSync(pidfd);
      (await accepted).destroy();
      listener.close();
    },
  );

  it('turns clients away at once when no descriptor is left, uses little processor time, and recovers', async () => {
    const { stdout, stderr } = await runModule(
      `
      import { EventLoop } from '#src/linux/event-loop.ts';
      import { UnixListener } from '#src/linux/unix-listener.ts';
      import { dup } from '#test/linux/descriptors.ts';
      import { connect } from 'node:net';
      import { once } from 'node:events';
      import { closeSync } from 'node:fs';
      const loop = new EventLoop();
      let shortages = 0;
      const listener = UnixListener.bind(loop, process.env.SOCKET, { onShortage: () => shortages++ });
      listener.start((stream) => stream.start({ data: (c) => void stream.send(c.slice()), drain() {}, closed() {} }));
      const waiting = Array.from({ length: 20 }, () => connect(process.env.SOCKET));
      const ends = waiting.map((socket) => new Promise((resolve) => { socket.on('error', () => {}); socket.on('close', resolve); socket.resume(); }));
      const taken = [];
      try { for (;;) taken.push(dup(0)); } catch {}
      await Promise.all(ends);
      const cpu = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { user, system } = process.cpuUsage(cpu);
      for (const fd of taken) closeSync(fd);
      const client = connect(process.env.SOCKET);
      client.write('back');
      const [answer] = await once(client, 'data');
      client.destroy();
      listener.close();
      loop.close();
      console.log(JSON.stringify({ shortages, busy: user + system, answer: String(answer) }));
    `,
      { SOCKET: path },
      1024,
    );
    expect(stderr).toBe('');
    const result = JSON.parse(stdout);
    expect(result.shortages).toBeGreaterThanOrEqual(20);
    expect(result.busy).toBeLessThan(100_000);
    expect(result.answer).toBe('back');
  });
});

describe('removeStaleSocket', () => {
  it('removes what a killed process left, and is content when there is nothing', async () => {
    const { signal } = await runModule(
      `
      import { createServer } from 'node:net';
      createServer().listen(process.env.SOCKET, () => process.kill(process.pid, 'SIGKILL'));
    `,
      { SOCKET: path },
    );
    expect(signal).toBe('SIGKILL');
    expect(existsSync(path)).toBe(true);
    expect(removeStaleSocket(path)).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(removeStaleSocket(path)).toBe(true);
  });

  it('leaves alone a live listener, also one whose backlog is full', () => {
    const listener = UnixListener.bind(loop, path, { backlog: 0 });
    expect(removeStaleSocket(path)).toBe(false);
    expect(removeStaleSocket(path)).toBe(false);
    expect(existsSync(path)).toBe(true);
    listener.close();
  });

  it('leaves alone what is no socket: a file, a link to a dead socket', () => {
    writeFileSync(path, 'data');
    expect(removeStaleSocket(path)).toBe(false);
    const link = join(folder, 'link');
    symlinkSync(path, link);
    expect(removeStaleSocket(link)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('data');
  });
});
