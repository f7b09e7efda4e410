import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Process } from '../../../src/linux/process.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { endMachine, signalMachine } from '../../../src/sources/embedded/machine-signals.ts';
import { identityOf } from '../../../src/sources/kernel/process-identity.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { containersUnavailable } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const [alice, bob] = [12345, 12346];
const SIGKILL = 9;
const denied = expect.objectContaining({ code: 'permission-denied' });

describe.skipIf(unavailable !== undefined)('signals to a machine of alice', () => {
  let children: ChildProcess[];
  let pinned: Process[];

  /** Two processes of one user, and a machine that they lead and supervise. */
  function machineOf(uid: number): { machine: Machine; leader: Process } {
    const started = [0, 1].map(() => spawn('sleep', ['60'], { uid, gid: uid, stdio: 'ignore' }));
    const [leader, supervisor] = started.map(({ pid }) => Process.open(pid as number)) as [Process, Process];
    children.push(...started);
    pinned.push(leader, supervisor);
    const named = { leader: identityOf(leader), supervisor: identityOf(supervisor) };
    return { machine: sampleMachine('web', { ...named, owner: alice }), leader };
  }

  beforeEach(() => {
    children = [];
    pinned = [];
  });
  afterEach(() => {
    for (const process of pinned) process.close();
    for (const child of children) child.kill('SIGKILL');
  });

  it.each(['leader', 'supervisor', 'all'] as const)('%s: hers may be ended by her', async (whom) => {
    const { machine, leader } = machineOf(alice);
    signalMachine(machine, leader, whom, SIGKILL, alice);
    const ended = children[whom === 'supervisor' ? 1 : 0] as ChildProcess;
    await new Promise((resolve) => ended.once('exit', resolve));
    expect(ended.signalCode).toBe('SIGKILL');
  });

  it.each(['leader', 'supervisor', 'all'] as const)('%s: what is root’s by now may not, but by root', (whom) => {
    const { machine, leader } = machineOf(0);
    expect(() => signalMachine(machine, leader, whom, SIGKILL, alice)).toThrow(denied);
    expect(pinned.map((process) => process.alive())).toEqual([true, true]);
    signalMachine(machine, leader, whom, SIGKILL, 0);
  });

  it('whoever polkit has let does not need to own them', () => {
    const { machine, leader } = machineOf(0);
    signalMachine(machine, leader, 'leader', SIGKILL, bob);
  });

  it('the machine is not ended either', () => {
    const { machine, leader } = machineOf(0);
    expect(() => endMachine(machine, leader, alice)).toThrow(denied);
    expect(() => endMachine({ ...machine, subgroup: 'payload' }, leader, alice)).toThrow(denied);
    expect(pinned.map((process) => process.alive())).toEqual([true, true]);
  });
});
