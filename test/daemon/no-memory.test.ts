import { readdirSync, rmSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { ask } from '../support/raw-varlink.ts';
import { Strace, straceUnavailable } from './keeping/strace.ts';

const unavailable = straceUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

it.skipIf(unavailable !== undefined)('a daemon that can start no process for want of memory goes on', async () => {
  const daemon = await DaemonProcess.start();
  try {
    const others = readdirSync(`/proc/${daemon.pid}/task`).map(Number);
    // As the C library starts a process, which a thread of the pool does.
    const calls = ['clone3', 'clone', 'vfork'];
    const injection = { name: calls.join(), when: '1+', fate: 'error=ENOMEM' } as const;
    const strace = await Strace.attach(others, calls, injection);
    const list = (acquireMetadata: string) =>
      ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: '.host', acquireMetadata });
    const both = await Promise.all([list('yes'), list('yes')]);
    expect(both).toEqual([1, 2].map(() => ({ error: 'io.systemd.Machine.NotAvailable' })));
    expect(await list('graceful')).toMatchObject({ parameters: { name: '.host' } });
    expect((await strace.calls(false)).filter(({ text }) => text.includes('ENOMEM')).length).toBeGreaterThan(1);
    // When there is memory again.
    await vi.waitFor(async () => expect(await list('yes')).toMatchObject({ parameters: { name: '.host' } }), 5000);
    expect(await daemon.stop()).toBe(0);
  } finally {
    await daemon.stop('SIGKILL');
    rmSync(daemon.runtimeDirectory, { recursive: true });
  }
});
