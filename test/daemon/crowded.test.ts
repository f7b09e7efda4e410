import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Crowd } from '../support/crowd.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { ask, askAs } from '../support/raw-varlink.ts';
import { Subscriber } from '../support/subscriber.ts';

const unavailable = process.getuid?.() === 0 ? undefined : 'connections of many users need root';
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** The first of users whom nobody has. */
const USER = 70_001;
const PER_USER = 128;
const IN_ALL = 4096;

describe.skipIf(unavailable !== undefined)('a daemon that is crowded', () => {
  let daemon: DaemonProcess;
  let crowd: Crowd;
  const host = () => ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: '.host' });
  const user = () =>
    ask(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', { uid: 1, service: 'io.systemd.Machine' });
  const answered = { host: { parameters: expect.objectContaining({ name: '.host' }) } };
  const noRecord = { error: 'io.systemd.UserDatabase.NoRecordFound' };

  /** Takes every place that users have. */
  const fill = async () => {
    for (let index = 0; index < IN_ALL / PER_USER; index++) {
      expect((await crowd.connect(USER + index, PER_USER)).answered).toBe(PER_USER);
    }
  };

  beforeEach(async () => {
    daemon = await DaemonProcess.start();
  });

  afterEach(async () => {
    crowd.stop();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('has one user connect no more often than 128 times, whom nobody else notices', async () => {
    crowd = new Crowd(daemon.machineSocket);
    expect(await crowd.connect(USER, PER_USER + 10)).toEqual({ answered: PER_USER, closed: 10 });
    expect(await host()).toEqual(answered.host);
    expect(await crowd.connect(USER + 1, 5)).toEqual({ answered: 5, closed: 10 });
    expect(await crowd.ask()).toEqual({ answered: PER_USER + 5, closed: 10 });
  });

  it('serves others when there are 4096 connections: who has most gives way', async () => {
    crowd = new Crowd(daemon.machineSocket);
    await fill();
    const stranger = await askAs(USER + 300, daemon.machineSocket, 'io.systemd.Machine.List', { name: '.host' });
    expect(stranger.reply).toEqual(answered.host);
    stranger.stop();
    expect(await crowd.ask()).toEqual({ answered: IN_ALL - 1, closed: 1 });
    // The first one has the place that is free again.
    expect((await crowd.connect(USER + 200, 50)).answered).toBe(50);
    expect(await crowd.ask()).toEqual({ answered: IN_ALL, closed: 1 + 49 });
    // 78 more make 128, and no further.
    await crowd.connect(USER + 200, PER_USER);
    expect(await crowd.ask()).toEqual({ answered: IN_ALL, closed: 1 + 49 + 78 + 50 });
    expect(daemon.log).toBe('');
  });

  it('serves root when every place is taken for good, and closes nothing of root', async () => {
    crowd = new Crowd(daemon.machineSocket);
    const ofRoot = new Crowd(daemon.machineSocket);
    onTestFinished(() => ofRoot.stop());
    expect(await ofRoot.connect(0, 2 * PER_USER)).toEqual({ answered: 2 * PER_USER, closed: 0 });
    await fill();
    // A newcomer has the place of somebody, but not of root, who has most by far; whose end is seen when all are asked.
    expect((await crowd.connect(USER + 200, 1)).answered).toBe(1);
    expect(await crowd.subscribe()).toEqual({ answered: IN_ALL, closed: 1 });
    expect(await crowd.connect(USER + 300, 1)).toEqual({ answered: 0, closed: 2 });
    expect(await host()).toEqual(answered.host);
    expect(await ofRoot.connect(0, PER_USER)).toEqual({ answered: PER_USER, closed: 0 });
    expect((await ofRoot.ask()).answered).toBe(3 * PER_USER);
    const subscriber = await Subscriber.start(daemon.machineSocket);
    await subscriber.until(({ complete }) => complete);
    subscriber.stop();
    expect(daemon.log).toBe('');
  });

  it('leaves root a quarter of the descriptors', async () => {
    const limit = 400;
    const poor = await DaemonProcess.start(undefined, { through: ['prlimit', `--nofile=${limit}:${limit}`] });
    onTestFinished(async () => {
      await poor.stop();
      rmSync(poor.runtimeDirectory, { recursive: true });
    });
    crowd = new Crowd(poor.machineSocket);
    expect(await crowd.connect(USER, limit / 4)).toEqual({ answered: limit / 4, closed: 0 });
    expect(await crowd.subscribe()).toEqual({ answered: limit / 4, closed: 0 });
    expect(await crowd.connect(USER + 1, 10)).toEqual({ answered: 0, closed: 10 });
    const ofRoot = new Crowd(poor.machineSocket);
    onTestFinished(() => ofRoot.stop());
    expect(await ofRoot.connect(0, limit / 4)).toEqual({ answered: limit / 4, closed: 0 });
    expect(poor.log).toBe('');
  });

  it('serves others when there is no descriptor left: what is quiet gives way', async () => {
    const atRest = daemon.descriptors;
    execFileSync('prlimit', ['--pid', `${daemon.pid}`, `--nofile=${atRest + 40}:`]);
    crowd = new Crowd(daemon.userdbSocket);
    expect((await crowd.connect(USER, 100)).closed).toBeGreaterThan(0);
    for (let count = 0; count < 60; count++) {
      expect(await host()).toEqual(answered.host);
      expect(await user()).toEqual(noRecord);
    }
    expect((await crowd.ask()).answered).toBeGreaterThan(20);
    expect(daemon.descriptors).toBeLessThanOrEqual(atRest + 40);
    expect(daemon.log.match(/ err .*/g)).toEqual([
      expect.stringMatching(/^ err too many descriptors: connections are closed .*EMFILE/),
    ]);
    crowd.stop();
    await vi.waitFor(() => expect(daemon.descriptors).toBeLessThanOrEqual(atRest));
    expect(await host()).toEqual(answered.host);
  });
});
