import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomNumbers } from '../conformance/random-questions.ts';
import { Lab, labUnavailable, type Suite } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';
import { ask } from '../support/raw-varlink.ts';
import { Churn } from './churn.ts';
import { type Listed, MachinectlList } from './machinectl-list.ts';
import { MirroredMachines } from './mirrored-machines.ts';
import { timeAnswers } from './time-answers.ts';

/** How long containers come and go, in seconds. */
const duration = Number(process.env['MIRROR_SECONDS'] ?? 12);
const seed = Number(process.env['MIRROR_SEED'] ?? Date.now() % 1_000_000);
/** Milliseconds that the mirror may be late. */
const LATENCY = 200;
/** What systemctl does to it. */
const DISTURBANCES = [['restart'], ['kill', '-s', 'KILL'], ['stop']];

const sides: readonly [Suite, string, string][] = [
  ['forky', '262', 'system'],
  ['forky', '262, without a bus', 'none'],
  ['bookworm', '252', 'system'],
];

for (const [suite, title, bus] of sides) {
  const unavailable = await labUnavailable(suite);
  if (unavailable !== undefined) console.warn(`nothing runs beside systemd-machined ${title}: no lab: ${unavailable}`);

  describe.skipIf(unavailable !== undefined)(`beside systemd-machined ${title}`, { timeout: 60_000 }, () => {
    let lab: Lab;
    let churn: Churn;
    let mirror: MirroredMachines;
    let machinectl: MachinectlList;
    const random = randomNumbers(seed);
    const socket = (kind: string): string => `/proc/${lab.initPid}/root/run/systemd/${kind}/io.github.mymachines`;

    beforeAll(async () => {
      lab = await Lab.up([{ directory: projectRoot, name: 'project' }], suite);
      churn = await Churn.prepare(lab, 10, random);
      await lab.shell(`systemd-run -q -u mymachines -p Type=notify \\
        node /project/dist/cli/main.js serve --source machine1 --bus ${bus} --dns 127.0.0.57:53`);
      mirror = await MirroredMachines.follow(socket('machine'));
      machinectl = new MachinectlList(lab);
    }, 120_000);
    afterEach(async () => {
      await lab.shell(`systemctl stop 'nspawn-*'`);
      await settled([]);
    });
    afterAll(async () => {
      mirror?.stop();
      machinectl?.stop();
      await lab?.down();
    });

    const settled = (names: readonly string[]): Promise<void> =>
      vi.waitFor(() => expect(mirror.names).toEqual(names), { timeout: 5000, interval: 10 });

    const two = async (): Promise<void> => {
      for (const name of ['m0', 'm1']) await churn.begin(name);
      await settled(['m0', 'm1']);
    };

    // Where others have the processors for that long it is late for their sake; what is late by itself is so twice.
    it(`is as machinectl list within ${LATENCY} ms, whatever becomes of systemd-machined`, {
      timeout: (duration + 90) * 1000,
      retry: 1,
    }, async () => {
      const lists: Listed[] = [];
      const ends = performance.now() + duration * 1000;
      let disturbances = 0;
      let isStopped = false;
      const disturb = async (): Promise<void> => {
        while (performance.now() < ends - 3000) {
          await pause(3000 + random() * 3000);
          const disturbance = DISTURBANCES[disturbances++ % DISTURBANCES.length] as readonly string[];
          // Whoever asks it starts it again, maybe at the same moment, when systemctl says that it could not stop it.
          isStopped = disturbance[0] === 'stop';
          await lab.run('systemctl', ...disturbance, 'systemd-machined');
          if (isStopped) await pause(1500);
          isStopped = false;
        }
      };
      churn.start();
      const disturbing = disturb();
      while (performance.now() < ends) {
        await pause(50 + random() * 150);
        const list = isStopped ? undefined : await machinectl.ask();
        if (list !== undefined) lists.push(list);
      }
      await disturbing;
      const errors = await churn.stop();
      await pause(LATENCY);

      const wrong: string[] = [];
      let latest = 0;
      for (const { names, from, to } of lists) {
        for (const name of new Set([...mirror.everything, ...names])) {
          const there = names.includes(name);
          const late = Math.max(0, mirror.delay(name, there, from) - (to - from));
          latest = Math.max(latest, late);
          if (late > LATENCY) wrong.push(`${name} was${there ? ' not' : ''} there until ${late.toFixed(0)} ms later`);
        }
      }
      const { started } = churn;
      const { changes } = mirror;
      const asked = lists.length;
      console.info(
        `systemd-machined ${title}:`,
        JSON.stringify({ seed, asked, started, changes, disturbances, latest }),
      );
      expect(wrong, `MIRROR_SEED=${seed}`).toEqual([]);
      expect(errors).toEqual([]);
      expect(asked).toBeGreaterThan(duration);
      expect(started).toBeGreaterThan(duration / 2);
      expect(changes).toBeGreaterThan(started);
      expect(disturbances).toBeGreaterThanOrEqual(Math.floor(duration / 10));
    });

    it('has of each machine what systemd-machined has of it', async () => {
      await two();
      for (const name of ['m0', 'm1']) {
        const text = await lab.shell(`busctl --json=short call org.freedesktop.machine1 \\
          /org/freedesktop/machine1/machine/${name} org.freedesktop.DBus.Properties GetAll s org.freedesktop.machine1.Machine`);
        const { data } = JSON.parse(text) as { data: [Record<string, { data: unknown }>] };
        const [told] = data;
        const of = (property: string) => told[property]?.data;
        const { parameters } = await ask(socket('machine'), 'io.systemd.Machine.List', { name });
        const leader = parameters as { leader: { pid: number; pidfdId: number } };
        expect(parameters).toMatchObject({
          name: of('Name'),
          class: of('Class'),
          service: of('Service'),
          id: Buffer.from(of('Id') as number[]).toString('hex'),
          rootDirectory: of('RootDirectory'),
          unit: of('Unit'),
          leader: { pid: of('Leader') },
          timestamp: { realtime: of('Timestamp'), monotonic: of('TimestampMonotonic') },
          UID: of('UID') ?? 0,
        });
        // systemd 252 has none; it is found out here.
        expect(leader.leader.pidfdId).toBe(of('LeaderPIDFDId') ?? leader.leader.pidfdId);
        const map = await lab.shell(`cat /proc/${leader.leader.pid}/uid_map`);
        const uid = Number(map.trim().split(/\s+/)[1]) + 33;
        const mapped = await ask(socket('machine'), 'io.systemd.Machine.MapTo', { uid });
        expect(mapped).toEqual({ parameters: { uid: 33, machineName: name } });
      }
    });

    it('answers within 5 ms while systemd-machined is stopped in the middle of everything', async () => {
      await two();
      await lab.shell('kill -STOP $(systemctl show -P MainPID systemd-machined)');
      try {
        // machinectl would wait for as long as it takes.
        expect((await lab.run('timeout', '0.3', 'machinectl', 'list')).status).toBe(124);
        const { parameters } = await ask(socket('machine'), 'io.systemd.Machine.MapFrom', { name: 'm0', uid: 33 });
        const { uid } = parameters as { uid: number };
        const service = 'io.github.mymachines';
        const key = { class: 1, type: 1, name: 'm0' };
        const questions: readonly [string, string, object][] = [
          ['machine', 'io.systemd.Machine.List', { name: 'm0' }],
          ['machine', 'io.systemd.Machine.MapTo', { uid }],
          ['machine', 'io.github.mymachines.Registry.Explain', { name: 'm0' }],
          ['userdb', 'io.systemd.UserDatabase.GetUserRecord', { uid, service }],
          ['resolve.hook', 'io.systemd.Resolve.Hook.ResolveRecord', { question: [{ key }] }],
        ];
        for (const [kind, method, given] of questions) {
          const { median, percentile90, slowest, replies } = await timeAnswers(socket(kind), method, given, 500);
          console.info(`${title} stopped, ${method}: ${JSON.stringify({ median, percentile90, slowest })} ms`);
          expect(replies).toHaveLength(1);
          expect(replies[0]).not.toContain('org.varlink.service');
          expect(median).toBeLessThan(5);
          // Who waits for systemd-machined waits for 25 seconds, and who waits for a busy machine less than one.
          expect(slowest).toBeLessThan(1000);
        }
        const dug = await lab.shell('for n in 1 2 3 4 5; do dig @127.0.0.57 m0.machine.internal; done');
        expect(dug.match(/status: NOERROR/g)).toHaveLength(5);
        const times = [...dug.matchAll(/Query time: (\d+) msec/g)]
          .map(([, time]) => Number(time))
          .sort((a, b) => a - b);
        expect(times[0]).toBeLessThan(5);
      } finally {
        await lab.shell('kill -CONT $(systemctl show -P MainPID systemd-machined)');
      }
      expect((await machinectl.ask())?.names).toEqual(['m0', 'm1']);
    });

    it('has a machine whose leader has ended as long as systemd-machined has it', async () => {
      await lab.shell(`systemd-run -q -u box bash -c 'sleep 1000 & wait; exec sleep 1001'
        until leader=$(pgrep -P $(systemctl show -P MainPID box)); do sleep .02; done
        busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \\
          RegisterMachine sayssus box 0 test container $leader / >/dev/null`);
      await settled(['box']);
      await lab.shell('kill -9 $(pgrep -P $(systemctl show -P MainPID box))');
      await pause(300);
      const list = await machinectl.ask();
      expect(mirror.names).toEqual(list?.names);
      await lab.shell('systemctl restart systemd-machined');
      await settled((await machinectl.ask())?.names ?? []);
      await lab.shell('systemctl stop box || true');
      await settled([]);
      expect((await machinectl.ask())?.names).toEqual([]);
    });

    it('never starts systemd-machined', async () => {
      await lab.shell(`systemctl stop systemd-machined 2>&1
        systemctl restart mymachines
        sleep 1`);
      expect((await lab.run('systemctl', 'is-active', 'systemd-machined')).stdout).toBe('inactive\n');
      mirror.stop();
      mirror = await MirroredMachines.follow(socket('machine'));
      await churn.begin('m0');
      await settled(['m0']);
      expect(await lab.shell('journalctl -o cat --no-pager -u mymachines -p warning')).toBe('');
    });
  });
}
