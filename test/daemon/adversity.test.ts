import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask, sendRaw } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a daemon in adversity', () => {
  let daemon: DaemonProcess;
  const register = (name: string, leader: number) =>
    ask(daemon.machineSocket, 'io.systemd.Machine.Register', { name, class: 'container', leader });

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('takes no message that would hold up everybody while it is read', async () => {
    const padding = (length: number) => `{"method":"org.varlink.service.GetInfo"${' '.repeat(length - 40)}}\0`;
    for (const socket of [daemon.machineSocket, daemon.userdbSocket]) {
      expect((await sendRaw(socket, padding(65_536))).replies).toHaveLength(1);
      expect(await sendRaw(socket, padding(65_538))).toEqual({ replies: [], closed: true });
    }
  });

  it('says of a leader that ends while it is registered that it is the leader, and logs nothing', async () => {
    const answers = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const { pid } = spawn('true', { stdio: 'ignore' });
      const until = performance.now() + (round % 60) * 0.05;
      while (performance.now() < until);
      answers.add(JSON.stringify(await register(`short${round}`, pid as number)));
    }
    answers.delete('{}');
    expect([...answers]).toEqual([
      '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"leader"}}',
    ]);
    await vi.waitFor(() => expect(readdirSync(join(daemon.runtimeDirectory, 'machines'))).toEqual([]));
    expect(daemon.log).toBe('');
  });

  it('lives on when the file of a machine that ended cannot be removed, and says so', async () => {
    const container = await startContainer({});
    expect(await register('stuck', container.pid)).toEqual({});
    const file = join(daemon.runtimeDirectory, 'machines/stuck');
    rmSync(file);
    mkdirSync(file);
    await container.stop();
    await vi.waitFor(() => expect(daemon.log).toContain('the state of machine stuck cannot be removed'));
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: 'stuck' })).toEqual({
      error: 'io.systemd.Machine.NoSuchMachine',
    });
  });

  it('lives on when nobody reads its log any more', async () => {
    const container = await startContainer({});
    daemon.closeLog();
    for (const name of ['one', 'two', 'three']) {
      expect(await register(name, container.pid)).toEqual({});
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Unregister', { name })).toEqual({});
    }
  });
});
