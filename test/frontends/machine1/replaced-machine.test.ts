import { expect, it } from 'vitest';
import { Authority, type PolkitAnswer } from '../../../src/machine/authorize.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { managerCall, treeOf } from './test-services.ts';

const credentials = async () => ({ uid: 1000, gid: 1000, pid: 4711, pidfd: undefined });

it.each(['OpenMachineRootDirectory', 'GetMachineOSRelease'])(
  '%s: what polkit has allowed is not done to another machine of that name',
  async (member) => {
    const allow: ((answer: PolkitAnswer) => void)[] = [];
    const asked: string[] = [];
    const note = async (name: string) => {
      asked.push(name);
      return [];
    };
    const web = sampleMachine('web');
    const { tree, registry } = treeOf([web], {
      authority: new Authority(0, { check: () => new Promise((resolve) => allow.push(resolve)) }),
      metadata: { hostAddresses: () => [], osRelease: ({ name }) => note(name), refresh: () => {} },
      files: { openRootDirectory: ({ name }) => note(name).then(() => 99) },
    });
    const ask = () => tree.answer(managerCall(member, 's', ['web'], { credentials }));
    const first = ask();
    const second = ask();
    await expect.poll(() => allow).toHaveLength(2);
    allow[0]?.('authorized');
    await first;
    expect(asked).toEqual(['web']);
    registry.remove(web.name);
    registry.add(sampleMachine('web'));
    allow[1]?.('authorized');
    await expect(second).rejects.toMatchObject({ errorName: 'org.freedesktop.machine1.NoSuchMachine' });
    expect(asked).toEqual(['web']);
  },
);
