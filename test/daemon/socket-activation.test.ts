import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check, declare } from '../../src/linux/libc.ts';
import { AF_UNIX, unixAddress } from '../../src/linux/unix-address.ts';
import { compiledMain } from '../support/build.ts';
import { ask } from '../support/raw-varlink.ts';

it('answers on sockets that the service manager opened, and leaves their files to it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-activation-'));
  const paths = [join(directory, 'm'), join(directory, 'u'), join(directory, 'h')];
  const sockets = paths.map(listening);
  // LISTEN_PID is the number of the very process, which only a shell knows before it becomes the daemon.
  const program = 'LISTEN_PID=$$ exec "$0" "$@"';
  const command = [process.execPath, compiledMain, 'serve', '--runtime-dir', join(directory, 'run')];
  const child = spawn('sh', ['-c', program, ...command], {
    env: { ...process.env, LISTEN_FDS: '3', LISTEN_FDNAMES: 'machine:userdb:hook' },
    stdio: ['ignore', 'ignore', 'ignore', ...sockets],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (const fd of sockets) closeSync(fd);
    const interfaces = async (path: string) =>
      (await ask(path, 'org.varlink.service.GetInfo'))['parameters'] as { interfaces: string[] };
    expect((await interfaces(paths[0] as string)).interfaces).toContain('io.systemd.Machine');
    expect((await interfaces(paths[1] as string)).interfaces).toContain('io.systemd.UserDatabase');
    // Only the system's daemon has it.
    if (process.getuid?.() === 0) {
      expect((await interfaces(paths[2] as string)).interfaces).toContain('io.systemd.Resolve.Hook');
    }
    for (const made of ['run/machine', 'run/userdb', 'run/resolve.hook']) {
      expect(existsSync(join(directory, made))).toBe(false);
    }
  } finally {
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    for (const path of paths) expect(existsSync(path)).toBe(true);
    rmSync(directory, { recursive: true });
  }
});

/** A listening socket that nobody here accepts on, as a service manager has it. */
function listening(path: string): number {
  const address = unixAddress(path);
  const fd = check(socket(AF_UNIX, SOCK_STREAM, 0), 'socket');
  check(bind(fd, address, address.length), 'bind', path);
  check(listen(fd, 16), 'listen', path);
  return fd;
}

const SOCK_STREAM = 1;
const socket = declare('int socket(int domain, int type, int protocol)');
const bind = declare('int bind(int fd, void *address, uint length)');
const listen = declare('int listen(int fd, int backlog)');
