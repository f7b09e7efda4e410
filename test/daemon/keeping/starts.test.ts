import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { controlGroupsUnavailable, TestControlGroup } from '../../support/control-groups.ts';
import { DaemonProcess, openDirectory } from '../../support/daemon-process.ts';
import { call } from './calls.ts';
import { differences } from './kept.ts';
import type { Expected, Model } from './script.ts';
import { stateCalls, WATCHED } from './state-calls.ts';
import { type Injection, straceFromStart, straceUnavailable } from './strace.ts';

const unavailable = straceUnavailable() ?? controlGroupsUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const unit = `mymachines-starts-${process.pid}.scope`;
/** Of what a start needs of the kernel to find its machines again. */
const NEEDED = ['openat', 'pidfd_open', 'epoll_ctl', 'statx'];

describe.skipIf(unavailable !== undefined)('a start among state files', { timeout: 300_000 }, () => {
  const directory = openDirectory('mymachines-starts-');
  const states = join(directory, 'machines');
  let group: TestControlGroup;
  let leaders: ChildProcess[];
  let model: Model;
  /** The files of two machines that live and one that does not. */
  let files: Map<string, string>;

  beforeAll(async () => {
    group = new TestControlGroup(unit);
    leaders = ['lives', 'lives-too', 'dead'].map(() => spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', 'infinity']));
    await Promise.all(leaders.map((leader) => once(leader, 'spawn')));
    const pids = leaders.map(({ pid }) => pid as number);
    group.add(pids[0] as number);
    const daemon = await DaemonProcess.start(directory);
    for (const [index, name] of ['lives', 'lives-too', 'dead'].entries()) {
      const parameters = { name, class: 'container', leader: pids[index] };
      expect(await call(daemon.machineSocket, 'io.systemd.Machine.Register', parameters)).toEqual([{}]);
    }
    await daemon.stop('SIGKILL');
    files = new Map(['lives', 'lives-too', 'dead'].map((name) => [name, readFileSync(join(states, name), 'utf8')]));
    const expected: [string, Expected][] = [
      ['lives', { leader: pids[0], unit }],
      ['lives-too', { leader: pids[1] }],
    ];
    model = new Map(expected);
    const ended = once(leaders[2] as ChildProcess, 'exit');
    leaders[2]?.kill('SIGKILL');
    await ended;
  });
  afterAll(async () => {
    for (const leader of leaders.slice(0, 2)) {
      const ended = once(leader, 'exit');
      leader.kill('SIGKILL');
      await ended;
    }
    group.remove();
    rmSync(directory, { recursive: true });
  });

  /** As after a kill between any two calls: no link for one that lives, links to nothing, a file half written. */
  function prepare(): void {
    for (const entry of readdirSync(states)) unlinkSync(join(states, entry));
    for (const [name, text] of files) writeFileSync(join(states, name), text);
    symlinkSync('dead', join(states, 'unit:dead.scope'));
    symlinkSync('nothing', join(states, 'unit:nothing.scope'));
    writeFileSync(join(states, '.#lives0123456789abcdef'), 'NAME=li');
  }
  beforeEach(prepare);

  async function startAndCompare(): Promise<string[]> {
    const daemon = await DaemonProcess.start(directory);
    const told = await differences(daemon, model);
    await daemon.stop('SIGKILL');
    return told;
  }

  /** Starts a daemon until it is ready, and gives it with what it called; undefined when it ended before. */
  async function startTraced(calls: readonly string[], injection?: Injection) {
    const strace = straceFromStart(calls, injection);
    const daemon = await DaemonProcess.start(directory, { through: strace.through }).catch(() => undefined);
    return { daemon, calls: strace.calls };
  }

  test('has the same machines when the one before was killed at any change that it made', async () => {
    const { daemon, calls } = await startTraced(WATCHED);
    expect(daemon && (await differences(daemon, model))).toEqual([]);
    await daemon?.stop('SIGKILL');
    const changing = stateCalls(calls(), states).filter(({ key }) => key !== 'reply');
    expect(changing.map(({ name }) => name)).toEqual(expect.arrayContaining(['unlink', 'symlink']));
    for (const { name, ordinal, key } of changing) {
      prepare();
      const killed = await startTraced(WATCHED, { name, when: ordinal, fate: 'signal=SIGKILL' });
      expect(killed.daemon, key).toBeUndefined();
      expect(stateCalls(killed.calls(), states).at(-1), key).toMatchObject({ key, cutShort: true });
      expect(await startAndCompare(), key).toEqual([]);
    }
    console.info(`killed before each of ${changing.length} changes of a start`);
  });

  test('has them, or has them as soon as it can, whatever cannot be had for a moment', async () => {
    const { daemon, calls } = await startTraced(NEEDED);
    await daemon?.stop('SIGKILL');
    const pids = leaders.map(({ pid }) => `/proc/${pid}/|pidfd_open\\(${pid},`).join('|');
    const all = calls();
    const first = all.findIndex(({ text }) => text.includes(`${states}/lives`));
    const last = all.findLastIndex(({ name, text }) => new RegExp(pids).test(`${name}(${text}`));
    const needed = all.slice(first, last + 1);
    expect(needed.length).toBeGreaterThan(10);
    let failures = 0;
    for (const { name, ordinal, text } of needed) {
      prepare();
      const title = `${name}(${text}`;
      const tried = await startTraced(NEEDED, { name, when: ordinal, fate: 'error=EMFILE' });
      // Where it cannot even look it ends, for the service manager to start it again.
      const running = tried.daemon ?? (await DaemonProcess.start(directory));
      if (tried.daemon === undefined) failures++;
      await vi.waitFor(async () => expect(await differences(running, model), title).toEqual([]), 15_000);
      await running.stop('SIGKILL');
      expect(
        tried.calls().some((made) => made.text.endsWith('(INJECTED)')),
        title,
      ).toBe(true);
    }
    console.info(`${needed.length} calls of a start failed, ${failures} of them so that it was started again`);
  });
});
