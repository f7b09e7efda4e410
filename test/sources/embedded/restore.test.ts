import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { Process } from '../../../src/linux/process.ts';
import type { MachineFacts } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { restoreMachines } from '../../../src/sources/embedded/restore.ts';
import { StateDirectory } from '../../../src/sources/embedded/state-directory.ts';
import { Leaders } from '../../../src/sources/kernel/leaders.ts';
import { identityOf } from '../../../src/sources/kernel/process-identity.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

/** Leaders that end in the moment between being found and being looked at. */
class Ending extends Leaders {
  override enter(...parameters: Parameters<Leaders['enter']>): MachineFacts {
    const [, leader] = parameters;
    leader.signal(9);
    while (leader.alive());
    return super.enter(...parameters);
  }
}

test('a machine whose leader ends while it is restored is forgotten with its file, like one that had ended before', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-restore-'));
  const problems: Error[] = [];
  const onProblem = (error: Error): void => void problems.push(error);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', '60'], { stdio: 'ignore' });
  const loop = new EventLoop();
  const registry = new Registry();
  const leaders = new Ending(loop, registry, { exit: () => {}, problem: onProblem });
  try {
    const states = new StateDirectory(directory, onProblem);
    const leader = Process.open(child.pid as number);
    states.save(sampleMachine('web', { leader: identityOf(leader), unit: 'web.scope' }));
    leader.close();
    expect(readdirSync(directory).sort()).toEqual(['unit:web.scope', 'web']);
    expect(restoreMachines({ registry, states, onProblem }, leaders)).toEqual(new Map());
    expect([...registry]).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
    expect(problems).toEqual([]);
  } finally {
    leaders.close();
    loop.close();
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
});
