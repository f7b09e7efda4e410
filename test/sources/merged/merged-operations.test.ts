import { beforeEach, describe, expect, it } from 'vitest';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import type { MachineSources } from '../../../src/machine/machine-source.ts';
import type { Caller, MachineOperations, RegistrationRequest } from '../../../src/machine/operations.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { mergedLeaders } from '../../../src/sources/merged/merged-leaders.ts';
import { mergedOperations } from '../../../src/sources/merged/merged-operations.ts';
import { MergedRegistry } from '../../../src/sources/merged/merged-registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { SampleSource } from './sample-source.ts';

const caller = { uid: 0 } as Caller;
const name = parseMachineName;
const request: RegistrationRequest = { name: name('new'), class: 'container', interfaces: [] };

let mirror: SampleSource;
let own: SampleSource;
beforeEach(() => {
  mirror = new SampleSource('machine1');
  own = new SampleSource('embedded');
});

function merge(...sources: SampleSource[]): MachineSources {
  const unexpected = (what: unknown): never => {
    throw what;
  };
  return new MergedRegistry({ sources, registry: new Registry(), onConflict: unexpected, onError: unexpected });
}

describe('what is to be done with a machine', () => {
  it('is done by the source that it is from', async () => {
    const operations: MachineOperations = mergedOperations(merge(mirror, own));
    const theirs = sampleMachine('theirs');
    const ours = sampleMachine('ours');
    mirror.registry.add(theirs);
    own.registry.add(ours);
    for (const machine of [theirs, ours]) {
      await operations.unregister(machine, caller);
      await operations.terminate(machine, caller);
      await operations.kill(machine, 'all', 9, caller);
    }
    expect(mirror.asked).toEqual(['unregister theirs', 'terminate theirs', 'kill all 9 theirs']);
    expect(own.asked).toEqual(['unregister ours', 'terminate ours', 'kill all 9 ours']);
  });

  it('is done by the registry’s own source with new machines, the host and those that have gone', async () => {
    const operations = mergedOperations(merge(mirror, own));
    expect(await operations.register(request, caller)).toMatchObject({ name: 'new' });
    expect(await operations.create(request, [], caller)).toMatchObject({ name: 'new' });
    await operations.terminate(sampleMachine('gone'), caller);
    await operations.kill(sampleMachine('.host', { class: 'host' }), 'leader', 15, caller);
    expect(own.asked).toEqual(['register new', 'create new', 'terminate gone', 'kill leader 15 .host']);
    expect(mirror.asked).toEqual([]);
  });

  it('is done by the first source where there is none of our own', async () => {
    const operations = mergedOperations(merge(mirror));
    await operations.register(request, caller);
    expect(mirror.asked).toEqual(['register new']);
  });
});

describe('what is known through the leaders of machines', () => {
  it('is known to the source that a machine is from', () => {
    const leaders = mergedLeaders(merge(mirror, own));
    mirror.registry.add(sampleMachine('theirs'));
    own.registry.add(sampleMachine('ours'));
    expect(leaders.addressSource(name('theirs'))).toBe('netlink');
    expect(leaders.addressSource(name('ours'))).toBe('proc');
    leaders.refresh(name('theirs'));
    leaders.refresh(name('ours'));
    leaders.refresh(name('gone'));
    expect(mirror.asked).toEqual(['addressSource theirs', 'refresh theirs', 'refresh gone']);
    expect(own.asked).toEqual(['addressSource ours', 'refresh ours']);
  });
});
