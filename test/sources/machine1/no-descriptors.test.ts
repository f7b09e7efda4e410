import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { currentTimestamp } from '../../../src/linux/clock.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { Mirror } from '../../../src/sources/machine1/mirror.ts';
import { openDescriptors } from '../../linux/descriptors.ts';

it('Mirror goes on, and loses no descriptor, where none is left', () => {
  const loop = new EventLoop();
  const problems: string[] = [];
  const mirror = new Mirror({
    loop,
    registry: new Registry(),
    uid: 0,
    onEnded: () => {},
    onProblem: (_name, { message, cause }) => problems.push(`${message}: ${cause}`),
  });
  const web = 'web' as MachineName;
  const leader = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', '600'], { stdio: 'ignore' });
  // Without a pidfd id, as systemd 252 tells it, its age has to be read.
  const told = {
    name: web,
    class: 'container',
    leader: { pid: leader.pid as number },
    interfaces: [],
    owner: 0,
    timestamp: currentTimestamp(),
  } as const;
  const limited = (...words: string[]): string =>
    execFileSync('prlimit', [...words, `--pid=${process.pid}`], { encoding: 'utf8' }).trim();
  const wanted = limited('--nofile', '--output=SOFT', '--noheadings');
  const before = openDescriptors();
  const taken: number[] = [];
  try {
    limited(`--nofile=${Math.max(...before.keys()) + 100}:`);
    expect(() => {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    }).toThrow(/EMFILE/);
    // Then there is one for the leader's pidfd, and none for what is to be read besides.
    for (let free = 0; free < 2; free++) {
      mirror.put(told);
      expect(mirror.names).toEqual(new Set([web]));
      expect(problems.splice(0)).toEqual([
        expect.stringMatching(/^the leader of machine web cannot be followed: .*(EMFILE|Too many open files)/),
      ]);
      mirror.drop(web);
      closeSync(taken.pop() as number);
    }
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
    limited(`--nofile=${wanted}:`);
    leader.kill('SIGKILL');
  }
  expect(openDescriptors()).toEqual(before);
  mirror.put(told);
  mirror.close();
  loop.close();
  expect(problems).toEqual([]);
});
