import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { buildLeaders, startLeaders } from '../../bench/leaders/leaders.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = containersUnavailable() ?? (buildLeaders(projectRoot) ? undefined : 'no C compiler');
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('processes that lead machines', () => {
  test('each has ids of its own, as is said of it, and all end together', async () => {
    const { machines, stop } = await startLeaders(50, { prefix: 'test', users: true });
    for (const { leader, base } of machines) {
      for (const kind of ['uid_map', 'gid_map']) {
        const map = readFileSync(`/proc/${leader}/${kind}`, 'utf8').trim().split(/\s+/).map(Number);
        expect(map).toEqual([0, base, 65_536]);
      }
    }
    expect(new Set(machines.map(({ leader }) => leader)).size).toBe(50);
    expect(machines.map(({ name }) => name).slice(0, 2)).toEqual(['test0', 'test1']);
    stop();
    await vi.waitFor(() => expect(machines.filter(({ leader }) => existsSync(`/proc/${leader}`))).toEqual([]), 5000);
  });

  test('without users they are in ours', async () => {
    const { machines, stop } = await startLeaders(2, { prefix: 'test', users: false });
    const [first] = machines;
    expect(readFileSync(`/proc/${first?.leader}/uid_map`, 'utf8')).toBe(readFileSync('/proc/self/uid_map', 'utf8'));
    stop();
  });
});
