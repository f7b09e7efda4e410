import { describe, expect, it } from 'vitest';
import { forkOptions } from '../../src/linux/fork.ts';
import { isRoot, startProcess, stop, untilRuns } from './process-tree.ts';
import { runModule } from './run-module.ts';

/** How many copies are made: `FORKS=1000` is a minute on a busy machine. */
const FORKS = Number(process.env['FORKS'] ?? 60);
const options = { node: forkOptions, seconds: 240 };

/** What each module begins with: how its copies ended, by how often. */
const beginning = `
  import { closeSync, readSync, writeSync } from 'node:fs';
  import { forkProcess } from '#src/linux/fork.ts';
  import { waitForChild } from '#src/linux/wait.ts';
  import { joinNamespaces } from '#src/linux/namespaces.ts';
  import { openPidfd } from '#src/linux/pidfd.ts';
  import { openPipe } from '#src/linux/pipe.ts';
  const ends = {};
  const copy = (run) => {
    const end = JSON.stringify(waitForChild(forkProcess(run)));
    ends[end] = (ends[end] ?? 0) + 1;
  };
  const garbage = (count) => Array.from({ length: count }, (_, index) => ({ index, text: 'x'.repeat(index % 50) }));
`;

async function endsOf(text: string): Promise<unknown> {
  const { stdout, stderr, status } = await runModule(
    `${beginning}${text}\nconsole.log(JSON.stringify(ends));`,
    {},
    undefined,
    options,
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

describe('a copy of this process', { timeout: 250_000 }, () => {
  it('runs what it is given, with all that is in memory, and ends with its status', async () => {
    const ends = await endsOf(`
      const words = new Map([['answer', { number: 42 }]]);
      copy(() => words.get('answer').number);
      copy(() => { throw new Error(); });
      copy(() => 'no number');`);
    expect(ends).toEqual({ '{"status":42}': 1, '{"status":125}': 2 });
  });

  it('does nothing at its end that is done at the end of this one', async () => {
    const text = `${beginning}process.on('exit', () => writeSync(1, 'exit ')); copy(() => 0);`;
    expect(await runModule(text, {}, undefined, options)).toMatchObject({ stdout: 'exit ', stderr: '', status: 0 });
  });

  it(`is made ${FORKS} times while memory comes and goes, and collects garbage itself`, async () => {
    const ends = await endsOf(`
      let kept = [];
      for (let turn = 0; turn < ${FORKS}; turn++) {
        kept.push(garbage(3000));
        if (kept.length > 20) kept = kept.slice(10);
        const [input, output] = openPipe();
        copy(() => {
          let sum = 0;
          for (let round = 0; round < 3; round++) sum += garbage(8000).length;
          if (turn % 10 === 0) gc();
          writeSync(output, String(sum));
          return kept[0][7].text === 'x'.repeat(7) ? 7 : 1;
        });
        closeSync(output);
        const bytes = Buffer.alloc(20);
        if (bytes.toString('utf8', 0, readSync(input, bytes)) !== '24000') throw new Error('it wrote something else');
        closeSync(input);
      }`);
    expect(ends).toEqual({ '{"status":7}': FORKS });
  });

  it.skipIf(!isRoot)('joins a user namespace, as this process with its threads cannot (needs root)', async () => {
    const other = startProcess('unshare', ['--user', '--map-root-user', '--mount', 'sleep', '1000']);
    try {
      await untilRuns(other.pid, 'sleep');
      const ends = await endsOf(`
        const pidfd = openPidfd(${other.pid});
        copy(() => { joinNamespaces(pidfd, ['user', 'mnt']); return process.geteuid() === 0 ? 3 : 4; });
        try { joinNamespaces(pidfd, ['user']); } catch (error) { ends[error.code] = 1; }`);
      expect(ends).toEqual({ '{"status":3}': 1, EINVAL: 1 });
    } finally {
      await stop(other);
    }
  });
});
