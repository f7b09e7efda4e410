import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

  it('serves others when there are 4096 connections: who has most gives way, but not what waits for an answer', async () => {
    crowd = new Crowd(daemon.machineSocket);
    const subscriber = await Subscriber.start(daemon.machineSocket);
    for (let index = 0; index < IN_ALL / PER_USER - 1; index++) {
      expect(await crowd.connect(USER + index, PER_USER)).toEqual({ answered: PER_USER, closed: 0 });
    }
    // One is the subscriber's.
    expect(await crowd.connect(USER + 100, PER_USER - 1)).toEqual({ answered: PER_USER - 1, closed: 0 });
    expect(await host()).toEqual(answered.host);
    expect(await crowd.ask()).toEqual({ answered: IN_ALL - 2, closed: 1 });
    // The first one has the place that is free again.
    expect((await crowd.connect(USER + 200, 50)).answered).toBe(50);
    expect(await crowd.ask()).toEqual({ answered: IN_ALL - 1, closed: 1 + 49 });
    const stranger = await askAs(USER + 300, daemon.machineSocket, 'io.systemd.Machine.List', { name: '.host' });
    expect(stranger.reply).toEqual(answered.host);
    stranger.stop();
    expect((await crowd.ask()).closed).toBe(1 + 49 + 1);
    // The stranger's place is free; 78 more make 128, and no further.
    await crowd.connect(USER + 200, PER_USER);
    expect(await crowd.ask()).toEqual({ answered: IN_ALL - 1, closed: 1 + 49 + 1 + 77 + 50 });
    expect(subscriber.closed).toBe(false);
    subscriber.stop();
    expect(daemon.log).toBe('');
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
