import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRegistration } from '../../../src/frontends/machine/parameters.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { Authority } from '../../../src/machine/authorize.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { EmbeddedSource } from '../../../src/sources/embedded/embedded-source.ts';
import { StateDirectory } from '../../../src/sources/embedded/state-directory.ts';

// What each machine costs is half a kilobyte more when V8 gives each a hidden class, and code that meets all of them
// has to look up every property.

setFlagsFromString('--allow-natives-syntax');
const sameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

const uid = process.geteuid?.() ?? 0;
let directory: string;
let loop: EventLoop;
let leaders: ChildProcess[];
const problems: Error[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mymachines-shape-'));
  loop = new EventLoop();
  leaders = Array.from({ length: 64 }, () => spawn('sleep', ['60'], { stdio: 'ignore' }));
});
afterEach(() => {
  loop.close();
  for (const leader of leaders) leader.kill('SIGKILL');
  rmSync(directory, { recursive: true });
  expect(problems).toEqual([]);
});

function open(): EmbeddedSource {
  const onProblem = (error: Error): void => void problems.push(error);
  const states = new StateDirectory(directory, onProblem);
  const parts = { loop, registry: new Registry(), states, authority: new Authority(uid), uid, onProblem };
  return new EmbeddedSource({ ...parts, bootId: '0'.repeat(32) });
}

/** The later ones: V8 learns from the first. */
function expectOneClass(source: EmbeddedSource): void {
  const machines = [...source.registry].slice(32);
  expect(machines).toHaveLength(32);
  const [first, ...others] = machines as [Machine, ...Machine[]];
  for (const machine of others) {
    expect(sameClass(machine, first)).toBe(true);
    expect(sameClass(machine.facts, first.facts)).toBe(true);
    expect(sameClass(machine.leader, first.leader)).toBe(true);
  }
}

test('machines that are registered alike have one hidden class, as have those that are restored and those that change', async () => {
  const source = open();
  const caller = { uid, gid: 0, pid: process.pid, openPidfd: () => -1, interactive: false };
  for (const [index, { pid }] of leaders.entries()) {
    const parameters = { name: `m${index}`, class: 'container', service: 'test', leader: pid as number } as const;
    await source.register(readRegistration(parameters), caller);
  }
  expectOneClass(source);
  for (const { name } of source.registry) {
    source.registry.update(name, (machine) => ({ ...machine, facts: { ...machine.facts, addresses: [] } }));
  }
  expectOneClass(source);
  source.close();

  const restored = open();
  restored.restore();
  expectOneClass(restored);
  restored.close();
});
