import { mkdtempSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takePassedSockets } from '../../src/linux/listen-fds.ts';
import type { Received } from './receive-sockets.ts';
import { runModule } from './run-module.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync('/tmp/listen-fds-');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Starts receive-sockets.ts as a service manager would, with the descriptors that the expression lists as 3, 4, … in it,
 * and returns what it printed. PASS_PID replaces its own number in LISTEN_PID.
 */
async function pass(descriptors: string, environment: NodeJS.ProcessEnv): Promise<Received> {
  const { stdout, stderr } = await runModule(
    `
    import { spawnSync } from 'node:child_process';
    import { once } from 'node:events';
    import { openSync } from 'node:fs';
    import { connect, createServer } from 'node:net';
    const listening = async (...address) => {
      const server = createServer().listen(...address);
      await once(server, 'listening');
      return server._handle.fd;
    };
    const connected = async (path) => {
      await listening(path);
      const client = connect(path);
      await once(client, 'connect');
      return client._handle.fd;
    };
    const folder = process.env.FOLDER;
    const receiver = new URL('./test/linux/receive-sockets.js', import.meta.url).pathname;
    // The shell stays the same process when it becomes the receiver, and so knows its number.
    const command = 'LISTEN_PID=\${PASS_PID:-$$} exec "$@"';
    const { stdout } = spawnSync('sh', ['-c', command, 'sh', process.execPath, receiver], {
      stdio: ['ignore', 'pipe', 'inherit', ...[${descriptors}]],
      encoding: 'utf8',
    });
    console.log(stdout);
    process.exit();
  `,
    { ...environment, FOLDER: folder },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('takePassedSockets', () => {
  it('takes listening sockets with their names, makes them close-on-exec, and takes them once', async () => {
    const descriptors = "await listening(folder + '/a'), await listening(folder + '/b')";
    expect(await pass(descriptors, { LISTEN_FDS: '2', LISTEN_FDNAMES: 'machine:userdb' })).toEqual({
      sockets: [
        { fd: 3, name: 'machine' },
        { fd: 4, name: 'userdb' },
      ],
      closeOnExec: [true, true],
      again: [],
      left: [],
    });
  });

  it('calls sockets unknown when no names are passed', async () => {
    const result = await pass("await listening(folder + '/a')", { LISTEN_FDS: '1' });
    expect(result.sockets).toEqual([{ fd: 3, name: 'unknown' }]);
  });

  it.each([
    ['number', { PASS_PID: '1' }],
    ['pidfd id', { LISTEN_PIDFDID: '1' }],
  ])('takes nothing that was passed to another process by its %s', async (_, other) => {
    const result = await pass("await listening(folder + '/a')", { LISTEN_FDS: '1', ...other });
    expect(result).toMatchObject({ sockets: [], left: [] });
  });

  it.each([
    ['a file', "openSync('/dev/null', 'r')", 'ENOTSOCK'],
    ['a connected socket', "await connected(folder + '/c')", 'is no listening AF_UNIX stream socket'],
    ['a socket of another family', "await listening(0, '127.0.0.1')", 'is no listening AF_UNIX stream socket'],
  ])('refuses %s and says which it is', async (_, descriptor, message) => {
    const { error } = await pass(descriptor, { LISTEN_FDS: '1', LISTEN_FDNAMES: 'userdb' });
    expect(error).toContain('passed descriptor 3 (userdb)');
    expect(error).toContain(message);
  });

  it.each([
    [{ LISTEN_FDS: 'x' }, 'LISTEN_FDS is "x"'],
    [{ LISTEN_FDS: '-1' }, 'LISTEN_FDS is "-1"'],
    [{ LISTEN_FDS: '99999999999' }, 'LISTEN_FDS is "99999999999"'],
    [{ LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b:c' }, 'LISTEN_FDNAMES has 3 names for the 2 descriptors'],
    [{ LISTEN_FDS: '900000' }, 'passed descriptor'],
  ])('refuses %j', (variables, message) => {
    const environment: NodeJS.ProcessEnv = { LISTEN_PID: String(process.pid), ...variables };
    expect(() => takePassedSockets(environment)).toThrow(message);
    expect(environment).toEqual({});
  });

  it('takes nothing when nothing was passed', () => {
    expect(takePassedSockets({})).toEqual([]);
    expect(takePassedSockets({ LISTEN_PID: String(process.pid) })).toEqual([]);
  });
});
