import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Lab, labUnavailable } from '../support/lab.ts';
import { callDBus, callVarlink } from '../support/lab-calls.ts';
import { projectRoot } from '../support/project-root.ts';
import { keepBy, startLab, startLeader } from './privileges/keepers.ts';
import { PolkitMonitor, type PolkitQuestion } from './privileges/polkit-monitor.ts';
import { askForShells, type ShellDetails, shellQuestions } from './privileges/shell-questions.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, polkit is not asked: ${unavailable}`);

/** Whether systemd-machined is to be asked, and what it tells polkit to be written to a file. */
const record = process.env['RECORD'] !== undefined;

const noSuchMachine = { error: 'io.systemd.Machine.NoSuchMachine' };
/** Users whom polkit allows everything, and nothing (keepers.ts). */
const [allowed, refused] = [1002, 1001];
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Two seconds pass before polkit knows. */
const slow = `
polkit.addRule(function (action, subject) {
  if (action.lookup('machine') != 'web' || subject.user != 'u${allowed}') return polkit.Result.NOT_HANDLED;
  polkit.spawn(['/usr/bin/sleep', '2']);
});
`;

/** Asks the same twenty times at once, each over a connection of its own; says what is answered within 1.5 seconds. */
const many = `
const { createConnection } = require('node:net');
const message = JSON.stringify({ method: 'io.systemd.Machine.Kill', parameters: { name: 'web', signal: 28 } });
const ask = () => new Promise((resolve) => {
  const socket = createConnection('/run/systemd/machine/io.systemd.Machine', () => socket.write(message + '\\0'));
  socket.on('data', (data) => resolve(JSON.parse(data.toString().slice(0, -1)).parameters?.errnoName));
  setTimeout(() => resolve('waits'), 1500);
});
Promise.all(Array.from({ length: 20 }, ask)).then((replies) => {
  process.stdout.write(replies.sort().join(' '));
  process.exit();
});`;

/** The script that looks for a user's shell is everybody's own (docs/differences.md, polkit-shell). */
function withoutScript({ action, details }: PolkitQuestion): PolkitQuestion {
  const { command_line: line = '' } = details;
  return { action, details: { ...details, command_line: line.replace(/(?<=^sh -c ).*(?= sh )/s, '«script»') } };
}

describe.skipIf(unavailable !== undefined)('polkit', { timeout: 60_000 }, () => {
  let lab: Lab;
  let leader: number;
  const ask = (uid: number, method: string, parameters: object) =>
    callVarlink(lab, uid, `io.systemd.Machine.${method}`, parameters);
  const register = () => ask(0, 'Register', { name: 'web', class: 'container', leader });
  const kill = { name: 'web', signal: 28 };
  const lives = async () => (await lab.run('test', '-e', `/proc/${leader}`)).status === 0;

  beforeAll(async () => {
    lab = await startLab();
    lab.write('/etc/polkit-1/rules.d/05-slow.rules', slow);
    await keepBy(lab, record ? 'systemd-machined' : 'mymachines');
  }, 120_000);
  afterAll(() => lab?.down());

  beforeEach(async () => {
    leader = await startLeader(lab, 'lead', 0);
    await ask(0, 'Unregister', { name: 'web' });
    expect(await register()).toEqual({});
  });

  it('thinks, and others are answered; what it allowed is not done to another machine of that name', async () => {
    const started = performance.now();
    const killed = ask(allowed, 'Kill', { name: 'web', signal: 9 });
    await pause(700);
    expect(await ask(0, 'Unregister', { name: 'web' })).toEqual({});
    expect(await register()).toEqual({});
    expect(performance.now() - started).toBeLessThan(1900);
    expect(await killed).toEqual(noSuchMachine);
    expect(performance.now() - started).toBeGreaterThan(2000);
    expect(await lives()).toBe(true);
  });

  it('is asked only so much for one user, and others still get their answers', async () => {
    const ids = ['--reuid', `${allowed}`, '--regid', `${allowed}`, '--clear-groups', '--'];
    const asking = lab.run('setpriv', ...ids, 'node', '-e', many);
    await pause(700);
    expect((await asking).stdout).toBe([...Array(4).fill('ENOBUFS'), ...Array(16).fill('waits')].join(' '));
    expect(await ask(refused, 'Kill', kill)).toEqual({ error: 'org.varlink.service.PermissionDenied' });
  });

  it('that cannot be started, or is not installed, allows nothing', async () => {
    const name = '/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service';
    const reload = 'busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig';
    for (const [without, again] of [
      ['systemctl mask --now -q polkit', 'systemctl unmask -q polkit'],
      [`systemctl stop polkit; mv ${name} /tmp; ${reload}`, `mv /tmp/${name.split('/').at(-1)} ${name}; ${reload}`],
    ]) {
      await lab.shell(`${without}`);
      expect(await ask(allowed, 'Kill', kill)).toEqual({ error: 'org.varlink.service.PermissionDenied' });
      const path = '/org/freedesktop/machine1';
      const method = 'org.freedesktop.machine1.Manager.KillMachine';
      expect(await callDBus(lab, allowed, { path, method }, 'web', 'leader', '28')).toEqual({
        error: 'org.freedesktop.DBus.Error.AccessDenied',
      });
      expect(await ask(0, 'Kill', kill)).toEqual({});
      await lab.shell(`${again}`);
    }
    expect(await ask(allowed, 'Kill', kill)).toEqual({});
  });

  it('is told of a shell what systemd-machined tells it', async () => {
    const file = `${projectRoot}/fixtures/systemd-262/shell-details.json`;
    const monitor = await PolkitMonitor.start(lab);
    const all = await monitor.during(shellQuestions.length, async () => {
      const refusals = await askForShells(lab, refused);
      const odd = refusals.filter((text) => !/PermissionDenied$|: Access denied$/.test(text));
      expect(odd).toEqual([]);
    });
    monitor.stop();
    const told = all.map(withoutScript);
    if (record) {
      const version = (await lab.shell('systemctl --version')).split('\n', 1)[0];
      const recorded = shellQuestions.map((question, at) => ({ ...question, ...told[at] }));
      writeFileSync(file, `${JSON.stringify({ recordedFrom: version, asked: recorded }, undefined, 1)}\n`);
      return;
    }
    const { asked } = JSON.parse(readFileSync(file, 'utf8')) as { asked: ShellDetails[] };
    expect(asked).toHaveLength(shellQuestions.length);
    for (const [at, { action, details, ...question }] of asked.entries()) {
      expect(question).toEqual(shellQuestions[at]);
      expect(told[at]?.action, JSON.stringify(question)).toBe(action);
      expect(told[at]?.details, JSON.stringify(question)).toMatchObject(details);
    }
  });
});
