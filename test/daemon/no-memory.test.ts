import { rmSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { ask } from '../support/raw-varlink.ts';
import { straceFromStart, straceUnavailable } from './keeping/strace.ts';

const unavailable = straceUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

it.skipIf(unavailable !== undefined)('a daemon that can start no process for want of memory goes on', async () => {
  // Threads are made by clone3(2).
  const { through, calls } = straceFromStart(['clone'], { name: 'clone', when: '1+', fate: 'error=ENOMEM' });
  const daemon = await DaemonProcess.start(undefined, { through });
  try {
    await vi.waitFor(() => expect(daemon.log).toMatch(/ notice cannot try whether .* reason="spawn ENOMEM"\n/));
    const list = (acquireMetadata: string) =>
      ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: '.host', acquireMetadata });
    const both = await Promise.all([list('yes'), list('yes')]);
    expect(both).toEqual([1, 2].map(() => ({ error: 'io.systemd.Machine.NotAvailable' })));
    expect(await list('graceful')).toMatchObject({ parameters: { name: '.host' } });
    expect(await daemon.stop()).toBe(0);
    expect(calls().filter(({ text }) => text.includes('ENOMEM')).length).toBeGreaterThan(2);
  } finally {
    await daemon.stop('SIGKILL');
    rmSync(daemon.runtimeDirectory, { recursive: true });
  }
});
