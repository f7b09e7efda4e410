import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Log } from '../../src/daemon/log/log.ts';
import { followOwnNames } from '../../src/daemon/own-names.ts';
import { MachineError } from '../../src/machine/errors.ts';
import type { HostNames } from '../../src/resolver/host-names.ts';
import { NamedMachines } from '../resolver/named-machines.ts';

const machines = new NamedMachines();
let names: HostNames;
let end: () => void;
let asked: number;
/** What the containers' files come to, one after the other; the last one stays. */
let answers: (string | MachineError)[];

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  names = machines.start();
  end = followOwnNames({
    registry: machines.registry,
    roots: {
      hostName: async () => {
        asked++;
        const answer = (answers.length > 1 ? answers.shift() : answers[0]) as string | MachineError;
        if (answer instanceof MachineError) throw answer;
        return answer;
      },
    },
    hostNames: names,
    host: 'host',
    log: new Log(3, () => {}, false),
  });
});

afterEach(() => {
  end();
  for (const { name } of [...machines.registry]) machines.remove(name);
  machines.close();
  vi.useRealTimers();
});

const silent = new MachineError('not-available', 'web does not show its files');
const found = (): boolean => names.resolve('shop').kind === 'found';

it('are asked for again where a container does not answer', async () => {
  answers = [silent, silent, 'shop'];
  machines.add('web');
  await vi.advanceTimersByTimeAsync(5999);
  expect([asked, found()]).toEqual([2, false]);
  await vi.advanceTimersByTimeAsync(1);
  expect([asked, found()]).toEqual([3, true]);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(3);
});

it('are given up after a while', async () => {
  answers = [silent];
  machines.add('web');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect([asked, vi.getTimerCount()]).toEqual([4, 0]);
});

it('are not asked for again of who has gone, or has no such name', async () => {
  answers = [silent];
  machines.add('web');
  await vi.advanceTimersByTimeAsync(10);
  machines.remove('web');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(1);

  answers = [new MachineError('no-such-process', 'the leader of web has ended')];
  machines.add('web');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(2);
});

it('are not asked for any more when nobody follows them', async () => {
  answers = [silent];
  machines.add('web');
  await vi.advanceTimersByTimeAsync(10);
  end();
  expect(vi.getTimerCount()).toBe(0);
});
