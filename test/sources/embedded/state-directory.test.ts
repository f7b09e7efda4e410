import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateDirectory } from '../../../src/sources/embedded/state-directory.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const fail = (error: Error): never => {
  throw error;
};

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mymachines-states-'));
});
afterEach(() => rmSync(path, { recursive: true }));

test('a link that was not made before we were killed is made later', () => {
  const machine = sampleMachine('web', { unit: 'web.scope' });
  const states = new StateDirectory(path, fail);
  states.save(machine);
  rmSync(join(path, 'unit:web.scope'));
  states.link(machine);
  expect(readlinkSync(join(path, 'unit:web.scope'))).toBe('web');
});

test('files of dead machines go, and links to nothing with them, but no others', () => {
  const states = new StateDirectory(path, fail);
  states.save(sampleMachine('web', { unit: 'web.scope' }));
  states.save(sampleMachine('dead', { unit: 'dead.scope' }));
  symlinkSync('gone', join(path, 'unit:gone.scope'));
  states.discard(new Set(['dead']));
  expect(readdirSync(path).sort()).toEqual(['unit:web.scope', 'web']);
});

test('one that is forgotten goes with its link, unless another has it by now', () => {
  const states = new StateDirectory(path, fail);
  states.save(sampleMachine('dead', { unit: 'dead.scope' }));
  states.forget('dead', { unit: 'dead.scope' });
  expect(readdirSync(path)).toEqual([]);
  states.save(sampleMachine('dead', { unit: 'taken.scope' }));
  states.save(sampleMachine('web', { unit: 'taken.scope' }));
  states.forget('dead', { unit: 'taken.scope' });
  states.forget('gone', {});
  expect(readdirSync(path).sort()).toEqual(['unit:taken.scope', 'web']);
});

test('what cannot be written leaves nothing, not even the link', () => {
  const states = new StateDirectory(path, fail);
  mkdirSync(join(path, 'web'));
  expect(() => states.save(sampleMachine('web', { unit: 'web.scope' }))).toThrow('EISDIR');
  expect(readdirSync(path)).toEqual(['web']);
});

test('what cannot be removed stays whole, and goes later when its machine has ended', () => {
  const problems: string[] = [];
  const states = new StateDirectory(path, ({ message }) => problems.push(message));
  const machine = sampleMachine('web', { unit: 'web.scope' });
  states.save(machine);
  states.save(sampleMachine('other'));
  rmSync(join(path, 'web'));
  mkdirSync(join(path, 'web'));
  expect(() => states.remove(machine)).toThrow('EISDIR');
  expect(readdirSync(path).sort()).toEqual(['other', 'unit:web.scope', 'web']);
  states.removeEnded(machine);
  expect(problems).toEqual(['the state of machine web cannot be removed']);
  states.save(sampleMachine('third'));
  expect(readdirSync(path).sort()).toEqual(['other', 'third', 'unit:web.scope', 'web']);
  rmdirSync(join(path, 'web'));
  writeFileSync(join(path, 'web'), '');
  states.remove(sampleMachine('other'));
  expect(readdirSync(path)).toEqual(['third']);
});
