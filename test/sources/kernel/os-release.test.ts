import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Process } from '../../../src/linux/process.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { OsReleaseReader } from '../../../src/sources/kernel/os-release.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const program = fileURLToPath(new URL('../../../dist/sources/kernel/os-release-process.js', import.meta.url));

/** This very process as a machine. */
function self(): Machine {
  const process_ = Process.open(process.pid);
  const leader = { pid: process_.pid, ...(process_.id !== undefined && { pidfdId: process_.id }) };
  process_.close();
  return sampleMachine('self', { leader });
}

describe('the OS release of a machine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-os-release-'));
  const readers: OsReleaseReader[] = [];
  const reader = (source?: string): OsReleaseReader => {
    const path = join(directory, 'program.cjs');
    if (source !== undefined) writeFileSync(path, source);
    const made = new OsReleaseReader(source === undefined ? program : path);
    readers.push(made);
    return made;
  };

  afterEach(() => {
    for (const one of readers.splice(0)) one.close();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is read, unquoted and in order', async () => {
    const fields = await reader().read(self());
    expect(fields.find((field) => field.startsWith('ID='))).toMatch(/^ID=[a-z]+$/);
    expect(fields.find((field) => field.startsWith('PRETTY_NAME='))).toMatch(/^PRETTY_NAME=[^"]+$/);
  });

  it('is not that of a later process with the same number', async () => {
    const machine = self();
    const { leader } = machine;
    const other = { ...machine, leader: { ...leader, pidfdId: 1 } };
    await expect(reader().read(other)).rejects.toMatchObject({ code: 'no-os-release-information' });
  });

  it('is given up when the machine does not answer, and the next one is asked', async () => {
    // The second process that is started answers; the first is stuck, as in a file system of a container's own.
    const marker = JSON.stringify(join(directory, 'marker'));
    const stuck = reader(`
      const fs = require('node:fs');
      const first = !fs.existsSync(${marker});
      fs.writeFileSync(${marker}, '');
      process.on('message', ({ id }) => {
        if (first) for (;;);
        process.send({ id, fields: ['ID=second'] });
      });`);
    const [first, second] = await Promise.allSettled([stuck.read(self()), stuck.read(self())]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'not-available' } });
    expect(second).toEqual({ status: 'fulfilled', value: ['ID=second'] });
  });

  it('is not available when the process dies, or cannot be started', async () => {
    await expect(reader('process.on("message", () => process.exit(1));').read(self())).rejects.toMatchObject({
      code: 'not-available',
    });
    await expect(reader('throw new Error();').read(self())).rejects.toMatchObject({ code: 'not-available' });
  });

  it('is not waited for after the end', async () => {
    const one = reader('process.on("message", () => {});');
    const answer = one.read(self());
    one.close();
    await expect(answer).rejects.toMatchObject({ code: 'not-available' });
  });
});
