import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Process } from '../../../../src/linux/process.ts';
import type { AccountIds } from '../../../../src/machine/accounts.ts';
import type { Machine } from '../../../../src/machine/machine.ts';
import { parseMachineName } from '../../../../src/machine/machine-name.ts';
import { Registry } from '../../../../src/machine/registry.ts';
import { ContainerAccounts } from '../../../../src/sources/kernel/roots/container-accounts.ts';
import { MachineRoots } from '../../../../src/sources/kernel/roots/machine-roots.ts';
import { hostUsers, sampleMachine } from '../../../machine/sample-machine.ts';
import { rootsProgram } from '../../../support/build.ts';
import { watched } from '../../../support/our-programs.ts';
import { silentContainerUnavailable, startSilentContainer } from './silent-container.ts';

/** Containers that answer when they are told to. */
class Roots {
  readonly asked: string[] = [];
  readonly #pending = new Map<string, { resolve(ids: AccountIds): void; reject(error: Error): void }>();

  accounts({ name }: Machine): Promise<AccountIds> {
    this.asked.push(name);
    return new Promise((resolve, reject) => this.#pending.set(name, { resolve, reject }));
  }

  async answer(name: string, users: readonly number[] | Error): Promise<void> {
    const pending = this.#pending.get(name);
    if (users instanceof Error) pending?.reject(users);
    else pending?.resolve({ users, groups: [5] });
    await vi.advanceTimersByTimeAsync(0);
  }
}

let registry: Registry;
let roots: Roots;
let accounts: ContainerAccounts;
const problems: string[] = [];
const users = (name: string): number[] => Array.from(accounts.of(registry.get(name) as Machine).users);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  registry = new Registry();
  roots = new Roots();
  problems.length = 0;
});
afterEach(() => {
  accounts.close();
  vi.useRealTimers();
});

function start(...names: string[]): void {
  for (const name of names) registry.add(sampleMachine(name));
  accounts = new ContainerAccounts(registry, roots, ({ name }, error) => problems.push(`${name}: ${error}`));
}

describe('the accounts of containers', () => {
  it('are read ahead, two at a time, and not of who has no users of his own', async () => {
    registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
    registry.add(sampleMachine('guest', { class: 'vm' }));
    registry.add(sampleMachine('plain', hostUsers));
    start('a', 'b', 'c');
    registry.add(sampleMachine('d'));
    expect(roots.asked).toEqual(['a', 'b']);
    expect(users('a')).toEqual([]);
    await roots.answer('b', [0, 33]);
    expect(roots.asked).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) await roots.answer(name, [7]);
    expect(roots.asked).toEqual(['a', 'b', 'c', 'd']);
    expect([users('a'), users('b'), users('plain')]).toEqual([[7], [0, 33], []]);
    expect(Array.from(accounts.of(registry.get('b') as Machine).groups)).toEqual([5]);
  });

  it('are read again when asked for, at most every five seconds', async () => {
    start('a');
    await roots.answer('a', [0]);
    accounts.refresh();
    expect(roots.asked).toEqual(['a', 'a']);
    expect(users('a')).toEqual([0]);
    await roots.answer('a', [0, 1]);
    expect(users('a')).toEqual([0, 1]);
    accounts.refresh();
    await vi.advanceTimersByTimeAsync(4999);
    accounts.refresh();
    expect(roots.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    accounts.refresh();
    expect(roots.asked).toHaveLength(3);
  });

  it('of who does not answer stay as they were, and it waits apart from the others from then on', async () => {
    start('silent', 'slow', 'a', 'b');
    await roots.answer('silent', [1]);
    await vi.advanceTimersByTimeAsync(201);
    await roots.answer('slow', [2]);
    for (const name of ['a', 'b']) await roots.answer(name, [3]);
    accounts.refresh();
    await roots.answer('silent', new Error('no answer'));
    expect([users('silent'), problems]).toEqual([[1], ['silent: Error: no answer']]);
    for (const name of ['slow', 'a', 'b']) await roots.answer(name, [4]);
    await vi.advanceTimersByTimeAsync(5000);
    roots.asked.length = 0;
    accounts.refresh();
    await roots.answer('a', [5]);
    // Those that answer are done, while the one that does not is waited for; slow is quick again.
    for (const name of ['slow', 'b']) await roots.answer(name, [5]);
    expect([...roots.asked].sort()).toEqual(['a', 'b', 'silent', 'slow']);
    expect([users('a'), users('b'), users('slow'), users('silent')]).toEqual([[5], [5], [5], [1]]);
    await vi.advanceTimersByTimeAsync(5000);
    accounts.refresh();
    expect(roots.asked.filter((name) => name === 'silent')).toHaveLength(1);
  });

  it('are the same machine’s, and forgotten with it', async () => {
    start('a', 'b', 'c');
    registry.remove(parseMachineName('c'));
    const before = registry.get('a') as Machine;
    registry.remove(parseMachineName('a'));
    registry.add(sampleMachine('a', { leader: { pid: 77 } }));
    await roots.answer('a', [1]);
    expect(Array.from(accounts.of(before).users)).toEqual([]);
    expect(users('a')).toEqual([]);
    await roots.answer('a', [2]);
    expect(users('a')).toEqual([2]);
    registry.update(parseMachineName('a'), (machine) => ({ ...machine, interfaces: [3] }));
    expect(users('a')).toEqual([2]);
    expect(roots.asked).toEqual(['a', 'b', 'a']);
    accounts.close();
    await roots.answer('b', [3]);
    registry.add(sampleMachine('d'));
    expect(roots.asked).toEqual(['a', 'b', 'a']);
  });
});

describe('a container whose file system never answers', () => {
  it.skipIf(silentContainerUnavailable() !== undefined)(
    'holds up nobody, the first time or later (needs root and FUSE)',
    async () => {
      vi.useRealTimers();
      const silent = await startSilentContainer();
      const real = new MachineRoots(watched(rootsProgram));
      try {
        const problem = vi.fn();
        accounts = new ContainerAccounts(registry, real, problem);
        const start = performance.now();
        registry.add(ledBy('silent', silent.pid));
        registry.add(ledBy('good', process.pid));
        await vi.waitFor(() => expect(users('good')).toContain(0), 1500);
        await vi.waitFor(() => expect(problem).toHaveBeenCalledTimes(1), 5000);
        expect(performance.now() - start).toBeGreaterThan(1900);
        accounts.refresh();
        // The process that is stuck there is stuck still, and there is no other for it.
        await vi.waitFor(() => expect(problem).toHaveBeenCalledTimes(2), 500);
        expect([users('silent'), users('good').includes(0)]).toEqual([[], true]);
      } finally {
        silent.stop();
        real.close();
      }
    },
  );
});

function ledBy(name: string, pid: number): Machine {
  const opened = Process.open(pid);
  const leader = { pid, ...(opened.id !== undefined && { pidfdId: opened.id }) };
  opened.close();
  return sampleMachine(name, { leader });
}
