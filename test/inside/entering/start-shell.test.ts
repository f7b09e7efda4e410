import { mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Entering } from '../../../src/inside/entering/entering.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import type { ShellRequest } from '../../../src/machine/inside-operations.ts';
import type { TransientServices } from '../../../src/machine/transient-services.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { ledBy } from '../../sources/kernel/roots/root-processes.ts';
import { BareContainer, bareContainersUnavailable } from '../../support/bare-container.ts';
import { enteringProgram } from '../../support/build.ts';
import { Screen } from './screen.ts';

const unavailable = bareContainersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const files = {
  'etc/passwd': `root:x:0:0::/root:/bin/bash
broken
anna:x:1000:1000:Anna:/home/anna:/bin/bash
lost:x:1001:1001::/none:/none/shell
beyond:x:70000:1000::/home/anna:/bin/bash
`,
  'etc/group': 'root:x:0:\nanna:x:1000:\nwheel:x:10:anna,other\nstaff:x:50:other\nvideo:x:44:anna\n',
};

describe.skipIf(unavailable !== undefined)('a shell in a machine without systemd', { timeout: 180_000 }, () => {
  const loop = new EventLoop();
  let directory: string;
  let program: string;
  let entering: Entering;
  let own: BareContainer;
  let hosts: BareContainer;
  let before: Map<number, string>;

  beforeAll(async () => {
    // A name of its own, by which its processes are told from those of other tests.
    directory = mkdtempSync(join(tmpdir(), 'mymachines-entering-'));
    program = join(directory, 'program.js');
    symlinkSync(enteringProgram, program);
    entering = new Entering({ path: program, loop });
    own = await BareContainer.start({ base: 0x51000000, files });
    hosts = await BareContainer.start({ files });
    for (const container of [own, hosts]) container.run('sh', '-c', 'mkdir /home/anna; chown 1000:1000 /home/anna');
    before = openDescriptors();
  }, 60_000);
  afterAll(async () => {
    entering.close();
    await own.stop();
    await hosts.stop();
    loop.close();
    rmSync(directory, { recursive: true });
  });

  async function open(container: BareContainer, request: Partial<ShellRequest> = {}, owner = 0): Promise<Opened> {
    const screen = new Screen(container.leader);
    let tell: (status: number | undefined) => void = () => {};
    const ended = new Promise<number | undefined>((resolve) => {
      tell = resolve;
    });
    const parts = { openPeer: screen.openPeer, onEnd: (status: number | undefined) => tell(status) };
    try {
      await entering.startShell(ledBy(container.leader, { owner }), { environment: [], ...request }, parts);
    } catch (error) {
      screen.close();
      throw error;
    }
    return { screen, ended };
  }

  async function nothingStays(): Promise<void> {
    const added = () => [...openDescriptors()].filter(([descriptor, target]) => before.get(descriptor) !== target);
    await expect.poll(added, { timeout: 60_000 }).toEqual([]);
    await expect.poll(() => processesOf(program), { timeout: 60_000 }).toEqual([]);
  }

  /** Runs one command line in a shell of anna's, or who else it is, and gives the lines that it printed. */
  async function ask(
    container: BareContainer,
    command: string,
    request: Partial<ShellRequest> = {},
  ): Promise<string[]> {
    const args = ['sh', '-c', `${command}; echo THE END`];
    const { screen, ended } = await open(container, { user: 'anna', path: '/bin/sh', args, ...request });
    const text = await screen.textUntil('THE END\r\n');
    expect(await ended).toBe(0);
    screen.close();
    return text.split('\r\n').slice(0, -2);
  }

  it('is what a login gives the user: ids, groups, environment, directory, and the name of the program', async () => {
    for (const container of [own, hosts]) {
      const { screen, ended } = await open(container, { user: 'anna', environment: ['GREETING=a b=c'] });
      screen.type('echo "$0 in $PWD: $GREETING"; exit 7\n');
      await screen.until(/-bash in \/home\/anna: a b=c\r\n/);
      expect(await ended).toBe(7);
      screen.close();
    }
    expect(await ask(own, 'id -u; id -G; pwd; env | grep -v ^_= | sort; tty', { environment: ['TERM=xterm'] })).toEqual(
      [
        '1000',
        '1000 10 44',
        '/home/anna',
        'HOME=/home/anna',
        'LOGNAME=anna',
        'PATH=/usr/local/bin:/usr/bin:/bin',
        'PWD=/home/anna',
        'SHELL=/bin/bash',
        'TERM=xterm',
        'USER=anna',
        expect.stringMatching(/^\/dev\/pts\/\d+$/),
      ],
    );
  });

  it('is root’s where nobody is named, by number as by name, and in / where the user has no home', async () => {
    expect(await ask(own, 'id -u; id -G; pwd', { user: undefined as never })).toEqual(['0', '0', '/root']);
    expect(await ask(own, 'id -un', { user: '1000' })).toEqual(['anna']);
    expect(await ask(own, 'pwd', { user: 'lost' })).toEqual(['/']);
  });

  it('has the groups of all processes there where a user namespace forbids to change them', async () => {
    const single = await BareContainer.start({ base: 0x52000000, single: true, files });
    try {
      const groups = /^Groups:.*$/m.exec(readFileSync(`/proc/${single.leader}/status`, 'utf8'))?.[0].trim();
      expect(groups).toBe('Groups:\t31337');
      const { screen, ended } = await open(single, { path: '/bin/sh', args: ['sh', '-c', 'id -u; read of_31337'] });
      await screen.until(/^0\r\n/);
      const [shell] = processesOf('read of_31337');
      expect(readFileSync(`/proc/${shell}/status`, 'utf8')).toContain(`\n${groups}`);
      screen.type('\n');
      expect(await ended).toBe(0);
      screen.close();
      await expect(open(single, { user: 'anna' })).rejects.toMatchObject({ errnoName: 'EINVAL' });
    } finally {
      await single.stop();
    }
  });

  it('is refused for a user whom the machine does not have, and for a program that it does not have', async () => {
    const nobody = { code: 'no-such-user', parameter: 'user', message: expect.stringContaining('no such user in') };
    await expect(open(own, { user: 'nobody-here' })).rejects.toMatchObject(nobody);
    await expect(open(own, { user: '12345' })).rejects.toMatchObject({ code: 'no-such-user' });
    await expect(open(own, { user: 'lost' })).rejects.toMatchObject({ errnoName: 'ENOENT' });
    await expect(open(own, { path: '/etc/passwd' })).rejects.toMatchObject({ errnoName: 'EACCES' });
    // Its user namespace ends at 65535.
    await expect(open(own, { user: 'beyond' })).rejects.toMatchObject({ errnoName: 'EINVAL' });
  });

  it('has jobs, interrupts and a window', async () => {
    const { screen, ended } = await open(own, { user: 'anna' });
    screen.type('PS1="> "\n');
    await screen.until(/> $/);
    screen.type('sleep 1000 &\n');
    await screen.until(/\[1\] \d+\r\n/);
    screen.type('fg\n');
    await screen.untilForeground('sleep');
    screen.type('\x1a');
    await screen.until(/\[1\]\+ +Stopped +sleep 1000/);
    screen.type('fg\n');
    await screen.untilForeground('sleep');
    screen.type('\x03');
    screen.type('echo status $?\n');
    await screen.until(/status 130\r\n/);
    screen.resize(33, 111);
    screen.type('stty size\n');
    await screen.until(/33 111\r\n/);
    screen.type('kill -9 $$\n');
    expect(await ended).toBe(137);
    screen.close();
  });

  it('can do no more than the machine: bounds, limits, control group, and nothing of ours in it', async () => {
    for (const container of [own, hosts]) {
      const { leader } = container;
      const lines = await ask(
        container,
        'grep -E "^(Cap|NoNew|Sig[BI])" /proc/self/status; cat /proc/self/oom_score_adj; cat /proc/self/limits; ls -1 /proc/self/fd',
        { user: 'root' },
      );
      const told = new Map(lines.map((line) => line.split(/:?\t/) as [string, string]));
      const status = readFileSync(`/proc/${leader}/status`, 'utf8');
      for (const name of ['CapBnd', 'NoNewPrivs']) {
        expect(told.get(name), name).toBe(new RegExp(`^${name}:\t(.*)$`, 'm').exec(status)?.[1]);
      }
      expect(told.get('CapInh')).toMatch(/^0+$/);
      expect(told.get('CapAmb')).toMatch(/^0+$/);
      expect(told.get('SigBlk')).toMatch(/^0+$/);
      expect(told.get('SigIgn')).toMatch(/^0+$/);
      expect(lines.join('\n')).toContain(readFileSync(`/proc/${leader}/limits`, 'utf8').trim().split('\n')[8]);
      expect(lines.filter((line) => /^\d+$/.test(line))).toEqual(['0', '0', '1', '2', '3']);
    }
  });

  it('is in the namespaces and in the control group of its machine', async () => {
    const { screen, ended } = await open(own, { path: '/bin/sleep', args: ['sleep', '4242'] });
    // It has its command line a moment after it has begun.
    await expect.poll(() => processesOf('sleep\0' + '4242'), { timeout: 60_000 }).toHaveLength(1);
    const pid = processesOf('sleep\0' + '4242')[0] as number;
    for (const kind of readdirSync('/proc/self/ns')) {
      expect(readlinkSync(`/proc/${pid}/ns/${kind}`), kind).toBe(readlinkSync(`/proc/${own.leader}/ns/${kind}`));
    }
    expect(readlinkSync(`/proc/${pid}/root`)).toBe(readlinkSync(`/proc/${own.leader}/root`));
    const group = (one: number) => readFileSync(`/proc/${one}/cgroup`, 'utf8');
    expect(group(pid)).toBe(group(own.leader));
    screen.close();
    // Nobody has the terminal any more: SIGHUP.
    expect(await ended).toBe(129);
  });

  it('ends with its machine, and nothing stays', async () => {
    const one = await BareContainer.start({ base: 0x52000000, files });
    const { screen, ended } = await open(one);
    await one.stop();
    expect(await ended).toBe(137);
    await screen.untilClosed();
    await expect(open(own, { user: 'nobody-here' })).rejects.toMatchObject({ code: 'no-such-user' });
    await nothingStays();
  });

  it('leaves nothing of ours where the machine stops whatever comes in', async () => {
    const stopper = own.spawn('setpriv', '--pdeathsig=KILL', 'python3', '-uc', stopAll);
    await new Promise((resolve) => stopper.stdout?.once('data', resolve));
    try {
      const asked = await Promise.allSettled(Array.from({ length: 4 }, () => open(own)));
      for (const one of asked) {
        if (one.status === 'fulfilled') one.value.screen.close();
        else expect(one.reason).toMatchObject({ code: 'timed-out' });
      }
    } finally {
      stopper.kill('SIGKILL');
    }
    await nothingStays();
  });

  it('is one of 64 also with those that were started by a service before this one, and none where that has no say', async () => {
    const before = (owner: number) => (_: unknown, index: number) =>
      `mymachines-shell-${owner}-a-1-b-0123abcd-${index}.service`;
    const units = [...Array.from({ length: 64 }, before(1000)), ...Array.from({ length: 63 }, before(1001))];
    const services: TransientServices = {
      start: async () => false,
      kill: async () => false,
      list: async (prefix) =>
        [...units, 'mymachines-shell-of-another-kind.service'].filter((unit) => unit.startsWith(prefix)),
    };
    const restarted = new Entering({ path: program, loop }, services);
    const parts = { openPeer: () => openSync('/dev/null', 'r'), onEnd: () => {} };
    const start = (owner: number) => restarted.startShell(ledBy(own.leader, { owner }), { environment: [] }, parts);
    await expect(start(1000)).rejects.toMatchObject({ code: 'too-many-operations' });
    for (const owner of [1001, 0]) await expect(start(owner)).rejects.toMatchObject({ code: 'not-available' });
    for (const owner of [1002, 1003]) units.push(...Array.from({ length: 64 }, before(owner)));
    // The last one's process is given up only now.
    await expect.poll(() => start(1004).catch(({ code }) => code)).toBe('not-available');
    units.push(before(1001)('', 63));
    await expect(start(1004)).rejects.toMatchObject({ code: 'too-many-operations' });
    // Root has places of its own.
    await expect(start(0)).rejects.toMatchObject({ code: 'not-available' });
    units.push(...Array.from({ length: 256 }, before(0)));
    await expect(start(0)).rejects.toMatchObject({ code: 'too-many-operations' });
    await nothingStays();
  });

  it('is one of 64 in the machines of a user, and others are not held up by these', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 66 }, () => open(own, { user: 'anna' }, 1000)));
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toEqual(Array(2).fill(expect.objectContaining({ code: 'too-many-operations' })));
    const opened = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    opened.push(await open(own, { user: 'anna' }));
    for (const [index, { screen }] of opened.entries()) screen.type(`echo I am $((${index} + 1000)); exit ${index}\n`);
    for (const [index, { screen, ended }] of opened.entries()) {
      await screen.until(new RegExp(`I am ${index + 1000}\r\n`));
      expect(await ended).toBe(index);
      screen.close();
    }
    await nothingStays();
  });
});

/** Stops each process from the moment on at which it has a number, which is the next. */
const stopAll = `
import os, signal
print('ready')
mine = os.getpid()
while True:
    with open('/proc/loadavg') as file: last = int(file.read().split()[-1])
    for turn in range(20000):
        for pid in range(max(last, mine) + 1, max(last, mine) + 4):
            try: os.kill(pid, signal.SIGSTOP)
            except ProcessLookupError: pass
`;

interface Opened {
  readonly screen: Screen;
  readonly ended: Promise<number | undefined>;
}

function processesOf(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}
