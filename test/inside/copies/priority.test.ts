import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRoot } from '../../linux/process-tree.ts';
import { copyingProgram } from '../../support/build.ts';
import { Conversation } from '../../support/our-programs.ts';
import { RootedMachine } from './rooted-machine.ts';

let machine: RootedMachine;
beforeAll(async () => {
  if (isRoot) machine = await RootedMachine.start();
});
afterAll(() => machine?.stop());

it.runIf(isRoot).each([0, 4, 10, 19])(
  'copies for a service of niceness %i, which may not become higher',
  async (nice) => {
    writeFileSync(join(machine.host, `from-${nice}`), 'text');
    const mayNot = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice', '--ambient-caps=-sys_nice'];
    const command = ['-n', `${nice}`, ...mayNot, process.execPath, copyingProgram];
    const source = join(machine.host, `from-${nice}`);
    const request = { direction: 'to', source, destination: `/data/to-${nice}`, replace: false };
    const copying = new Conversation(
      (input) => spawn('nice', command, { stdio: [input, 'ignore', 'inherit'] }),
      JSON.stringify({ ...request, leader: machine.machine.leader }),
    );
    expect((await copying.said).at(-1)).toContain('"done"');
    expect(readFileSync(join(machine.root, `data/to-${nice}`), 'utf8')).toBe('text');
  },
);
