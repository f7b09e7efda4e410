import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';
import { compare } from './compare.ts';
import { knownDifferences } from './known-differences.ts';
import { areas } from './recording/areas.ts';
import { callsOf } from './recording/calls.ts';
import type { Exchange } from './recording/exchange.ts';
import { RecordedSystem } from './recording/recorded-system.ts';

// mymachines in systemd-machined's place, on a real bus with a real polkit, is asked what systemd-machined was asked when
// its answers were recorded, of machines that come to be in the same way. With RECORD=1 in the environment it is
// systemd-machined that is asked, and its answers are recorded anew.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`org.freedesktop.machine1 is not asked anything: no lab: ${unavailable}`);
const recording = process.env['RECORD'] !== undefined;
const fileOf = (area: string) => `${projectRoot}/fixtures/systemd-262/machine1-${area}.json`;

describe.skipIf(unavailable !== undefined)('org.freedesktop.machine1 in the lab', { timeout: 120_000 }, () => {
  const differing = new Set<string>();
  let system: RecordedSystem;
  beforeAll(async () => {
    system = await RecordedSystem.start(recording ? 'systemd-machined' : 'mymachines');
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  test.each(Object.keys(areas))('answers as systemd-machined did: %s', async (area) => {
    const answered = await system.ask(areas[area] ?? []);
    if (recording) {
      const lines = answered.map((exchange) => JSON.stringify(exchange));
      const text = `{"recordedFrom":"${system.version}","exchanges":[\n${lines.join(',\n')}\n]}\n`;
      writeFileSync(fileOf(area), text);
    }
    const recorded = (JSON.parse(readFileSync(fileOf(area), 'utf8')) as { exchanges: readonly Exchange[] }).exchanges;
    const { problems, used } = compare(recorded, answered);
    expect(problems, problems.slice(0, 30).join('\n')).toEqual([]);
    for (const row of used) differing.add(row);
  });

  test.skipIf(recording)('takes pidfds and gives root directories, and keeps none of them', async () => {
    const invalid = (text: string) => `org.freedesktop.DBus.Error.InvalidArgs: ${text}`;
    const { kept, ...results } = await system.passDescriptors();
    expect(results).toEqual({
      pidfd: 'done',
      'pidfd and all that agrees': 'done',
      'no pidfd': invalid('Invalid leader PID'),
      'of one that has ended': invalid('Invalid leader PID'),
      'of init': invalid('Invalid leader PID'),
      'another number': invalid('LeaderPID and LeaderPIDFD refer to different processes'),
      'another inode': invalid('LeaderPIDFDID does not match the inode number of LeaderPIDFD'),
      'the last of two': invalid('Invalid leader PID'),
      'unknown property': invalid("Unknown property 'Foo'"),
      root: expect.arrayContaining(['bin', 'etc']),
    });
    // Of 20 rounds; a program that looks into roots may have come or gone meanwhile.
    expect(kept).toBeLessThan(5);
  });

  test.skipIf(recording)('refuses a leader that is taken, and leaves it to its machine', async () => {
    const { manager } = callsOf('root');
    const answered = await system.ask([
      manager('RegisterMachine', 'sayssus', 'n', [], '', 'container', '«c1.pid»', ''),
      manager('GetMachine', 's', 'n'),
      manager('GetMachineByPID', 'u', '«c1.pid»'),
    ]);
    expect(answered.map(({ reply }) => ('error' in reply ? reply.error : reply.body[0]))).toEqual([
      'org.freedesktop.DBus.Error.FileExists',
      'org.freedesktop.machine1.NoSuchMachine',
      '/org/freedesktop/machine1/machine/c1',
    ]);
  });

  test.skipIf(recording)('still differs where it is listed', () => {
    expect([...differing].sort()).toEqual(knownDifferences.map(({ id }) => id).sort());
  });
});
