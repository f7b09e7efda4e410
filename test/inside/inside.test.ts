import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Deed, Inside } from '../../src/inside/inside.ts';
import { Authority } from '../../src/machine/authorize.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { Registry } from '../../src/machine/registry.ts';
import type { ShellDetails } from '../daemon/privileges/shell-questions.ts';
import { sampleMachine } from '../machine/sample-machine.ts';
import { projectRoot } from '../support/project-root.ts';

const FIXTURE = 'fixtures/systemd-262/shell-details.json';

const root = { uid: 0, gid: 0, pid: 4711, interactive: false, openPidfd: () => -1 };

/** What is done inside of one machine, whose terminals are all the same one. */
function insideOf(machine: Machine, asked: Map<string, string>[] = [], ownsUsers = true) {
  const registry = new Registry();
  registry.add(machine);
  const deeds: Deed[] = [];
  const open = async () => ({ descriptor: 23, path: '/dev/pts/3' });
  const inside = new Inside({
    registry,
    uid: 0,
    authority: new Authority(0, {
      check: async (_action, _caller, details) => {
        asked.push(new Map(details));
        return 'authorized';
      },
    }),
    files: { openRootDirectory: async () => 24 },
    terminals: { open, login: open, shell: open },
    ownsUsers: () => ownsUsers,
    keeps: () => true,
    onDeed: (deed) => deeds.push(deed),
  });
  return { inside, deeds };
}

describe('what is done inside of machines', () => {
  it('is not done to a machine of a user whose leader is not known from a later process', async () => {
    const unsure = sampleMachine('web', { owner: 1000, leader: { pid: 4711 } });
    const { inside, deeds } = insideOf(unsure);
    await expect(inside.openTerminal(unsure, root)).rejects.toMatchObject({ code: 'not-supported' });
    await expect(inside.openRootDirectory(unsure, root)).rejects.toMatchObject({ code: 'not-supported' });
    expect(deeds).toHaveLength(2);
    for (const sure of [
      sampleMachine('web', { owner: 1000, leader: { pid: 4711, pidfdId: 5 } }),
      sampleMachine('web', { owner: 0, leader: { pid: 4711 } }),
    ]) {
      expect(await insideOf(sure).inside.openTerminal(sure, root)).toMatchObject({ descriptor: 23 });
    }
  });

  it('is no terminal in a machine of a user whose users are not his', async () => {
    const map = '0 100000 65536';
    const hers = sampleMachine('hers', { owner: 1000, uidMap: map });
    const { inside, deeds } = insideOf(hers, [], false);
    const denied = { code: 'permission-denied' };
    await expect(inside.openTerminal(hers, root)).rejects.toMatchObject(denied);
    await expect(inside.openLogin(hers, root)).rejects.toMatchObject(denied);
    await expect(inside.openShell(hers, { environment: [] }, { ...root, uid: 1000 })).rejects.toMatchObject(denied);
    expect(deeds.map(({ error }) => error)).toEqual(Array(3).fill(expect.objectContaining(denied)));
    expect(await inside.openRootDirectory(hers, root)).toBe(24);
    const roots = sampleMachine('roots', { owner: 0, uidMap: map });
    expect(await insideOf(roots, [], false).inside.openTerminal(roots, root)).toMatchObject({ descriptor: 23 });
  });

  it("tells polkit's rules of a shell what systemd-machined tells them", async () => {
    const { asked: recorded } = JSON.parse(readFileSync(`${projectRoot}/${FIXTURE}`, 'utf8')) as {
      asked: ShellDetails[];
    };
    expect(recorded.length).toBeGreaterThan(20);
    for (const { name, user, path, args, details } of recorded) {
      const asked: Map<string, string>[] = [];
      const machine = sampleMachine(name, { class: name === '.host' ? 'host' : 'container' });
      const request = { ...(user && { user }), ...(path && { path }), ...(args && { args }), environment: [] };
      await insideOf(machine, asked).inside.openShell(machine, request, { ...root, uid: 1000 });
      const { command_line: line = '', ...told } = Object.fromEntries(asked[0] as Map<string, string>);
      const { command_line: expected, ...others } = details;
      expect(told).toMatchObject(others);
      // The script that looks for the user's shell is our own.
      expect(path === undefined ? line.replace(/(?<=^sh -c )entry=.*(?= sh )/, '«script»') : line).toBe(expected);
    }
  });
});
