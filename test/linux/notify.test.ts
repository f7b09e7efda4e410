import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check, declare } from '../../src/linux/libc.ts';
import { Notifier, notify } from '../../src/linux/notify.ts';
import { abstractAddress, unixAddress } from '../../src/linux/unix-address.ts';
import { openDescriptors } from './descriptors.ts';

const socket = declare('int socket(int domain, int type, int protocol)');
const bind = declare('int bind(int fd, void *address, uint length)');
const recv = declare('long recv(int fd, void *buffer, size_t length, int flags)');
const MSG_DONTWAIT = 0x40;

let folder: string;
let manager: number;

/** A service manager's socket: datagrams, AF_UNIX. */
function listenAt(address: Uint8Array): void {
  check(bind(manager, address, address.length), 'bind');
}

function received(): string {
  const buffer = Buffer.alloc(4096);
  return buffer.toString('utf8', 0, check(recv(manager, buffer, buffer.length, MSG_DONTWAIT), 'recv'));
}

beforeEach(() => {
  folder = mkdtempSync('/tmp/notify-');
  manager = check(socket(1, 2 | 0o2000000, 0), 'socket');
});

afterEach(() => {
  closeSync(manager);
  rmSync(folder, { recursive: true, force: true });
});

describe('notify', () => {
  it('sends one datagram with a line for each variable', () => {
    const path = join(folder, 'socket');
    listenAt(unixAddress(path));
    const before = openDescriptors().size;
    expect(notify({ READY: 1, STATUS: 'läuft', MAINPID: 17 }, path)).toBeUndefined();
    expect(received()).toBe('READY=1\nSTATUS=läuft\nMAINPID=17');
    expect(openDescriptors().size).toBe(before);
  });

  it('knows abstract addresses', () => {
    const name = `notify-test-${process.pid}`;
    listenAt(abstractAddress(name));
    expect(notify({ WATCHDOG: 1 }, `@${name}`)).toBeUndefined();
    expect(received()).toBe('WATCHDOG=1');
  });

  it('takes the address from the environment, and does nothing without one', () => {
    const path = join(folder, 'socket');
    listenAt(unixAddress(path));
    const saved = process.env['NOTIFY_SOCKET'];
    try {
      process.env['NOTIFY_SOCKET'] = path;
      expect(notify({ STOPPING: 1 })).toBeUndefined();
      process.env['NOTIFY_SOCKET'] = '';
      expect(notify({ STOPPING: 2 })).toBeUndefined();
      delete process.env['NOTIFY_SOCKET'];
      expect(notify({ STOPPING: 3 })).toBeUndefined();
    } finally {
      if (saved !== undefined) process.env['NOTIFY_SOCKET'] = saved;
    }
    expect(received()).toBe('STOPPING=1');
    expect(() => received()).toThrow('EAGAIN');
  });

  it('returns what went wrong instead of throwing it', () => {
    const before = openDescriptors().size;
    expect(notify({ READY: 1 }, join(folder, 'nobody'))?.message).toBe(`sendto ${folder}/nobody: ENOENT`);
    expect(notify({ READY: 1 }, `@nobody-${process.pid}`)?.message).toContain('ECONNREFUSED');
    expect(notify({ READY: 1 }, 'vsock:2:1234')?.message).toContain('"vsock:2:1234"');
    expect(notify({ READY: 1 }, `/${'x'.repeat(200)}`)?.message).toContain('201 bytes');
    expect(openDescriptors().size).toBe(before);
  });

  it('lets no value smuggle in another variable', () => {
    const path = join(folder, 'socket');
    listenAt(unixAddress(path));
    expect(notify({ STATUS: 'x\nMAINPID=1' }, path)?.message).toBe('the value of STATUS has a line break or NUL in it');
    expect(notify({ 'A=1\nB': 1 }, path)?.message).toContain('is no variable');
    expect(() => received()).toThrow('EAGAIN');
  });

  it('gives up after a second when the manager does not read', () => {
    const path = join(folder, 'socket');
    listenAt(unixAddress(path));
    let error: Error | undefined;
    let started = 0;
    for (let i = 0; error === undefined && i < 10_000; i++) {
      started = performance.now();
      error = notify({ STATUS: 'x'.repeat(1000) }, path);
    }
    expect(error?.message).toBe(`sendto ${path}: EAGAIN`);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('Notifier', () => {
  it('tells with the one descriptor that it has', () => {
    const path = join(folder, 'socket');
    listenAt(unixAddress(path));
    const notifier = new Notifier(path);
    const before = openDescriptors();
    expect(notifier.tell({ WATCHDOG: 1 })).toBeUndefined();
    expect(notifier.tell({ WATCHDOG: 1, STATUS: 'well' })).toBeUndefined();
    expect(openDescriptors()).toEqual(before);
    expect(received()).toBe('WATCHDOG=1');
    expect(received()).toBe('WATCHDOG=1\nSTATUS=well');
    notifier.close();
  });

  it('does not wait for a manager that does not read, and says what went wrong', () => {
    const path = join(folder, 'socket');
    const notifier = new Notifier(path);
    expect(notifier.tell({ WATCHDOG: 1 })?.message).toBe(`sendto ${path}: ENOENT`);
    listenAt(unixAddress(path));
    let error: Error | undefined;
    let longest = 0;
    for (let i = 0; error === undefined && i < 10_000; i++) {
      const started = performance.now();
      error = notifier.tell({ STATUS: 'x'.repeat(1000) });
      longest = Math.max(longest, performance.now() - started);
    }
    expect(error?.message).toBe(`sendto ${path}: EAGAIN`);
    expect(longest).toBeLessThan(900);
    expect(() => new Notifier('vsock:2:1234')).toThrow('"vsock:2:1234"');
    notifier.close();
  });
});
