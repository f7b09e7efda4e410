import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usersOf } from '../../../src/inside/entering/leader-users.ts';
import { Process } from '../../../src/linux/process.ts';
import { type Container, containersUnavailable, startContainers } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the users of a machine', () => {
  const maps = [
    { uid: '0 600000000 65536', gid: '0 700000000 65536' },
    { uid: '1 600000001 5', gid: '1 700000001 5' },
  ];
  let containers: Container[] = [];
  beforeAll(async () => {
    containers = await startContainers(2, (index) => ({ maps: maps[index] as (typeof maps)[0], hostNetwork: true }));
  });
  afterAll(async () => {
    await Promise.all(containers.map((container) => container.stop()));
  });

  function usersOfPid(pid: number): ReturnType<typeof usersOf> {
    const leader = Process.open(pid);
    try {
      return usersOf(leader);
    } finally {
      leader.close();
    }
  }

  it('have root as the host knows it, who is nobody where there is none', () => {
    const [whole, rootless] = containers.map(({ pid }) => usersOfPid(pid));
    expect(whole?.root).toEqual({ uid: 600_000_000, gid: 700_000_000 });
    expect([whole?.uid(1000), whole?.uid(65_536)]).toEqual([600_001_000, undefined]);
    expect(rootless?.root).toEqual({ uid: 65_534, gid: 65_534 });
    expect(rootless?.uid(0)).toBeUndefined();
  });

  it('are ours where there is no namespace of its own', () => {
    expect(usersOfPid(process.pid)).toBeUndefined();
  });
});
