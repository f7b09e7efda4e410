import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateDirectory } from '../../../src/sources/embedded/state-directory.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mymachines-states-'));
});
afterEach(() => rmSync(path, { recursive: true }));

test('a link that was not made before we were killed is made later', () => {
  const machine = sampleMachine('web', { unit: 'web.scope' });
  const states = new StateDirectory(path);
  states.save(machine);
  rmSync(join(path, 'unit:web.scope'));
  states.link(machine);
  expect(readlinkSync(join(path, 'unit:web.scope'))).toBe('web');
});

test('files of dead machines go, and links to nothing with them, but no others', () => {
  const states = new StateDirectory(path);
  states.save(sampleMachine('web', { unit: 'web.scope' }));
  states.save(sampleMachine('dead', { unit: 'dead.scope' }));
  symlinkSync('gone', join(path, 'unit:gone.scope'));
  states.discard(new Set(['dead']));
  expect(readdirSync(path).sort()).toEqual(['unit:web.scope', 'web']);
});
