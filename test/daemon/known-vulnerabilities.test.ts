import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, labUnavailable } from '../support/lab.ts';
import { callDBus, callEach, callVarlink } from '../support/lab-calls.ts';
import { errors } from './privileges/errors.ts';
import { keepBy, startLab, startLeader } from './privileges/keepers.ts';
import { waysIn } from './privileges/ways-in.ts';

// What systemd-machined had to mend once, asked of ours over both transports. Who may do what at all is in
// privileges.test.ts.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a known vulnerability of systemd-machined', { timeout: 60_000 }, () => {
  let lab: Lab;
  const leaders = { roots: 0, hers: 0, spare: 0, vm: 0 };

  const varlink = async (uid: number, method: string, parameters: object): Promise<string> =>
    (await callVarlink(lab, uid, method, parameters)).error ?? 'allowed';
  const dbus = async (uid: number, method: string, ...parameters: string[]): Promise<string> => {
    const call = { path: '/org/freedesktop/machine1', method: `org.freedesktop.machine1.Manager.${method}` };
    const reply = await callDBus(lab, uid, call, ...parameters);
    return 'error' in reply ? reply.error : 'allowed';
  };
  const machines = (): Promise<string> =>
    lab.shell(
      'busctl call org.freedesktop.machine1 /org/freedesktop/machine1 ' +
        'org.freedesktop.machine1.Manager ListMachines',
    );

  beforeAll(async () => {
    lab = await startLab();
    await keepBy(lab, 'mymachines');
    for (const [name, uid] of [
      ['roots', 0],
      ['hers', 1000],
      ['spare', 0],
    ] as const) {
      leaders[name] = await startLeader(lab, name, uid);
      if (name === 'spare') continue;
      const machine = { name, class: 'container', leader: leaders[name] };
      expect(await varlink(uid, 'io.systemd.Machine.Register', machine)).toBe('allowed');
    }
  }, 120_000);
  afterAll(() => lab?.down());

  test("CVE-2016-6349: users are not told the addresses, the OS and the ids of root's containers", async () => {
    const refused = /PermissionDenied|AccessDenied|InteractiveAuth/;
    for (const uid of [1000, 1001]) {
      for (const acquireMetadata of ['yes', 'graceful']) {
        const one = { name: 'roots', acquireMetadata };
        expect(await varlink(uid, 'io.systemd.Machine.List', one)).toMatch(refused);
      }
      expect(await varlink(uid, 'io.github.mymachines.Registry.Explain', { name: 'roots' })).toMatch(refused);
      expect(await varlink(uid, 'io.github.mymachines.Registry.Check', {})).toMatch(refused);
      expect(await dbus(uid, 'GetMachineOSRelease', 'roots')).toMatch(refused);
      expect(await dbus(uid, 'OpenMachineRootDirectory', 'roots')).toMatch(refused);
      const { parameters } = await callVarlink(lab, uid, 'io.systemd.Machine.List', { name: 'roots' });
      expect(parameters).toMatchObject({ name: 'roots' });
      expect(Object.keys(parameters ?? {}).filter((key) => /addresses|OSRelease|UIDShift/.test(key))).toEqual([]);
    }
    expect(await varlink(1002, 'io.systemd.Machine.List', { name: 'roots', acquireMetadata: 'graceful' })).toBe(
      'allowed',
    );
  });

  test('CVE-2026-4105: nobody registers a machine as the host, or as anything but a container or a VM', async () => {
    const before = await machines();
    const leader = leaders.spare;
    for (const uid of [0, 1000]) {
      for (const what of ['host', 'user', 'Container', 'container ', '']) {
        const machine = { name: 'forged', class: what, leader };
        for (const allocateUnit of [false, true]) {
          expect(await varlink(uid, 'io.systemd.Machine.Register', { ...machine, allocateUnit })).not.toBe('allowed');
        }
        const named = ['forged', '@ay []', 'test', what, `${leader}`, ''];
        expect(await dbus(uid, 'RegisterMachine', ...named)).not.toBe('allowed');
        expect(await dbus(uid, 'RegisterMachineWithNetwork', ...named, '@ai []')).not.toBe('allowed');
        expect(await dbus(uid, 'CreateMachine', ...named, '@a(sv) []')).not.toBe('allowed');
      }
    }
    expect(await machines()).toBe(before);
    // The same with a class that there is.
    expect(await dbus(0, 'RegisterMachine', 'forged', '@ay []', 'test', 'vm', `${leader}`, '')).toBe('allowed');
    expect(await varlink(0, 'io.systemd.Machine.Unregister', { name: 'forged' })).toBe('allowed');
  });

  describe('CVE-2026-40224: who calls a process of his own on the host a machine gets no shell of root for it', () => {
    const mark = '/run/got-in';
    const marked = async (): Promise<boolean> => (await lab.run('test', '-e', mark)).status === 0;
    /** Services that are shells and logins, and terminals. */
    const started = (): Promise<string> =>
      lab.shell("systemctl list-units --plain --no-legend 'container-*' 'mymachines-*' 'machine-*'; ls /dev/pts");

    beforeAll(() => lab.shell(`rm -f ${mark}`));

    test.each(['container', 'vm'] as const)('of class %s', async (what) => {
      const name = what === 'vm' ? 'hersvm' : 'hers';
      if (what === 'vm') {
        leaders.vm = await startLeader(lab, name, 1000);
        const machine = { name, class: what, leader: leaders.vm };
        expect(await varlink(1000, 'io.systemd.Machine.Register', machine)).toBe('allowed');
      }
      const ways = waysIn(name, name, what === 'vm' ? leaders.vm : leaders.hers, mark);
      const before = await started();
      // The owner, whom polkit refuses, whom polkit allows everything, and root.
      for (const uid of [1000, 1001, 1002, 0]) {
        const answers = await callEach(lab, uid, ways);
        // systemd-machined opens some of them over D-Bus: docs/differences.md, foreign-terminal.
        expect(answers, `user ${uid}`).toEqual(
          ways.map((way) => ('dbus' in way ? errors.dbus : errors.varlink).denied),
        );
      }
      expect(await started()).toBe(before);
      expect(await marked()).toBe(false);
    });

    test('of class host', async () => {
      const ways = waysIn('.host', '_2ehost', undefined, mark);
      const before = await started();
      for (const [uid, answer] of [
        [1000, 'challenged'],
        [1001, 'denied'],
      ] as const) {
        const answers = await callEach(lab, uid, ways);
        expect(answers, `user ${uid}`).toEqual(
          ways.map((way) => ('dbus' in way ? errors.dbus : errors.varlink)[answer]),
        );
      }
      expect(await started()).toBe(before);
      expect(await marked()).toBe(false);
      // It would be seen: whom polkit allows a shell of the host gets one.
      const shells = ways.filter((way) => JSON.stringify(way).includes(mark)).slice(0, 1);
      expect(await callEach(lab, 1002, shells)).toEqual(['allowed']);
      await expect.poll(marked, { timeout: 20_000 }).toBe(true);
    });
  });
});
