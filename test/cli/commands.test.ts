import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { mymachines } from './command.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the command', () => {
  let daemon: DaemonProcess;
  let container: Container;
  const run = (...words: string[]) => mymachines(...words, `--runtime-dir=${daemon.runtimeDirectory}`);

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    container = await startContainer({ uidBase: 1_879_048_192, addresses: ['10.9.8.7/24', 'fd00::5/64'] });
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('says so when there are no machines', async () => {
    expect(await run('list')).toEqual({ status: 0, stdout: 'No machines.\n', stderr: '' });
    expect(await run('list', '--no-legend')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await run('list', '--json=short')).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
  });

  it('registers a machine, and refuses to do it twice', async () => {
    const leader = `--leader=${container.pid}`;
    expect(await run('register', 'web', leader, '--service=demo', '--interface=7', '--interface', '8')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(await run('register', 'web', leader)).toEqual({
      status: 1,
      stdout: '',
      stderr: "mymachines: There is a machine 'web' already.\n",
    });
    expect(await run('register', 'a_b', leader)).toEqual({
      status: 1,
      stdout: '',
      stderr: "mymachines: The service refuses 'name'.\n",
    });
  });

  it('lists machines in aligned columns, without colours in a pipe', async () => {
    const { status, stdout } = await run();
    expect(status).toBe(0);
    const [heading = '', first = '', second = ''] = stdout.split('\n');
    expect(heading.split(/ +/)).toEqual(['MACHINE', 'CLASS', 'SERVICE', 'OS', 'VERSION', 'ADDRESSES']);
    expect(first).toMatch(/^web {5}container demo {4}\S+ +\S+ +10\.9\.8\.7$/);
    const column = heading.indexOf('ADDRESSES');
    expect([first.slice(column), second.slice(column)]).toEqual(['10.9.8.7', 'fd00::5']);
    expect(second.slice(0, column).trim()).toBe('');
    expect(stdout.endsWith('\n\n1 machines listed.\n')).toBe(true);
    const bare = (await run('list', '--no-legend')).stdout.split('\n');
    expect([bare[0]?.split(/ +/), bare.length]).toEqual([first.split(/ +/), 3]);
  });

  it('prints the same as JSON', async () => {
    const { stdout } = await run('list', '--json');
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'web', service: 'demo', UIDShift: 1_879_048_192, UID: 0 }]);
    const pretty = await run('status', 'web', '--json=pretty');
    expect(pretty.stdout).toMatch(/^\{\n\t"name": "web",\n/);
    expect(JSON.parse(pretty.stdout)).toMatchObject({ leader: { pid: container.pid } });
  });

  it('shows the status of a machine', async () => {
    const { status, stdout } = await run('status', 'web');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^web\n/);
    expect(stdout).toMatch(new RegExp(`^ *Leader: ${container.pid}$`, 'm'));
    expect(stdout).toMatch(/^ *Service: demo; class container$/m);
    expect(stdout).toMatch(/^ *UID Shift: 1879048192$/m);
    expect(stdout).toMatch(/^ *Address: 10\.9\.8\.7\n {15}fd00::5\n/m);
    expect(stdout).toMatch(/^ *Since: \w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; .*s ago$/m);
  });

  it('shows users and groups both ways', async () => {
    const byName = await run('user', 'vu-web-33');
    expect(byName.status).toBe(0);
    expect(byName.stdout).toMatch(/^ *User name: vu-web-33\n *UID: 1879048225\n/);
    expect((await run('user', '1879048225')).stdout).toBe(byName.stdout);
    expect(JSON.parse((await run('group', '1879048192', '-j')).stdout)).toEqual({
      groupName: 'vg-web-0',
      gid: 1_879_048_192,
      description: 'GID 0 of Container web',
      service: 'io.systemd.Machine',
      disposition: 'container',
    });
    expect((await run('group', 'vg-web-0')).stdout).toMatch(/^ *GID: 1879048192$/m);
  });

  it.each([
    [['status', 'nope'], "No machine 'nope' known."],
    [['unregister', 'nope'], "No machine 'nope' known."],
    [['user', 'vu-nope-0'], "There is no user 'vu-nope-0'."],
    [['user', '70000'], "There is no user '70000'."],
    [['group', 'a:b'], "There is no group 'a:b'."],
  ])('%j ends with status 1', async (words, message) => {
    expect(await run(...words)).toEqual({ status: 1, stdout: '', stderr: `mymachines: ${message}\n` });
  });

  it('forgets a machine', async () => {
    expect(await run('unregister', 'web')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect((await run('status', 'web')).status).toBe(1);
    expect(container.alive).toBe(true);
  });
});

describe('a command line that makes no sense', () => {
  it.each([
    [['frobnicate'], "there is no command 'frobnicate'"],
    [['constructor'], "there is no command 'constructor'"],
    [['status'], "'status' wants NAME"],
    [['status', 'a', 'b'], "'status' does not take 'b'"],
    [['list', '--frob'], "Unknown option '--frob'"],
    [['list', '--json=xml'], "--json= takes pretty, short or off, not 'xml'"],
    [['register', 'a'], "'register' wants --leader=PID"],
    [['register', 'a', '--leader=x'], '--leader= takes a number from 1 to 2147483647'],
    [['register', 'a', '--leader=5', '--class=host'], "--class= takes container or vm, not 'host'"],
    [['serve', '--log-level=loud'], '--log-level= takes'],
    [['serve', '--busy-poll=50'], "--busy-poll= takes 0 to 10ms, as in 50us, not '50'"],
    [['serve', '--busy-poll=11ms'], '--busy-poll= takes'],
    [['user', '4294967295'], 'UID takes a number from 0 to 4294967294'],
  ])('%j ends with status 2 and says why', async (words, message) => {
    const { status, stdout, stderr } = await mymachines(...words);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('is told from a daemon that is not there', async () => {
    const { status, stderr } = await mymachines('list', '--runtime-dir=/nonexistent');
    expect(status).toBe(1);
    expect(stderr).toBe(
      "mymachines: nobody answers at /nonexistent/machine/io.github.mymachines or /nonexistent/machine/io.systemd.Machine: is 'mymachines serve' running?\n",
    );
  });

  it('is helped by --help, everywhere', async () => {
    const { status, stdout } = await mymachines('--help');
    expect(status).toBe(0);
    for (const word of ['list', 'status', 'explain', 'register', 'unregister', 'user', 'group', 'serve']) {
      expect(stdout).toContain(`\n  ${word} `);
      expect((await mymachines(word, '--help')).stdout).toMatch(new RegExp(`^mymachines ${word}`));
    }
    expect((await mymachines('--version')).stdout).toMatch(/^mymachines \d+\.\d+\.\d+\n$/);
  });
});
