import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { forkOptions } from '../../../src/linux/fork.ts';
import { runModule } from '../../linux/run-module.ts';

/**
 * Of a program whose second copies say who they are, and are stopped, as whoever is root in a machine can do: each in a
 * session of its own, where nobody wakes it up.
 */
const beginning = `
  import { writeSync } from 'node:fs';
  import { startFromCopy } from '#src/inside/entering/act-in-copy.ts';
  import { waitForChild } from '#src/linux/wait.ts';
  import { declare } from '#src/linux/libc.ts';
  const getpid = declare('int getpid()');
  const getppid = declare('int getppid()');
  const raise = declare('int raise(int signal)');
  const kill = declare('int kill(int pid, int signal)');
  const setsid = declare('int setsid()');
  const begin = () => { setsid(); writeSync(1, getpid() + '\\n'); };
  const options = { kept: [1], patience: 500 };
`;

describe('a copy that is to become a program', { timeout: 60_000 }, () => {
  const copies: number[] = [];
  afterEach(() => {
    for (const pid of copies.splice(0)) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
  });

  /** Gives how many there were, when all are gone, and what the program has come to. */
  async function run(text: string): Promise<readonly [number, unknown]> {
    const { stdout, stderr } = await runModule(`${beginning}${text}`, {}, undefined, {
      node: forkOptions,
      seconds: 50,
    });
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    copies.push(...lines.slice(0, -1).map(Number));
    await expect.poll(() => copies.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([]);
    return [copies.length, JSON.parse(lines.at(-1) as string)];
  }

  it('is gone when it was stopped, and so has not become one in time', async () => {
    const [count, outcome] = await run(`
      const outcome = startFromCopy(() => {}, () => { begin(); raise(19); }, options);
      waitForChild(outcome.pid);
      console.log(JSON.stringify(outcome));`);
    expect(outcome).toEqual({ kind: 'late', pid: expect.any(Number) });
    expect(count).toBe(1);
  });

  it('is never in the process group of who makes it, which the kernel would hang up with it', async () => {
    const { stdout, stderr } = await runModule(
      `${beginning}
      const getpgrp = declare('int getpgrp()');
      const own = getpgrp();
      const tell = () => { writeSync(1, getpgrp() === own ? 'ours ' : 'theirs '); };
      for (let count = 0; count < 30; count++) {
        const { pid } = startFromCopy(tell, (starting) => { tell(); starting(); process.reallyExit(0); }, options);
        waitForChild(pid);
      }`,
      {},
      undefined,
      { node: forkOptions, seconds: 50 },
    );
    expect(stderr).toBe('');
    expect(stdout.trim().split(' ')).toEqual(Array(60).fill('theirs'));
  });

  it('ends with the one in between', async () => {
    const [count, outcome] = await run(`
      const become = () => { begin(); kill(getppid(), 9); raise(19); };
      console.log(JSON.stringify(startFromCopy(() => {}, become, options)));`);
    expect(outcome).toMatchObject({ kind: 'failed', call: 'fork' });
    expect(count).toBe(3);
  });

  it.each([
    ['{"kind":"started","pid":1}', 'fork', 5],
    ['{"kind":"late","pid":1}', 'fork', 5],
    ['done', 'fork', 5],
    ['{"kind":', 'fork', 5],
    ['{"kind":"failed","call":"fork","errno":"two"}', 'fork', 5],
    ['{"kind":"failed","call":"open\\u0000\\u001b","errno":2}', 'open??', 2],
  ])('has nothing believed but why it failed, whoever says it in its place: %s', async (words, call, errno) => {
    const [, outcome] = await run(`
      import { readdirSync, readlinkSync } from 'node:fs';
      const said = ${JSON.stringify(`${words}\n`)};
      const isPipe = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd).startsWith('pipe:'); } catch {} };
      const become = () => {
        begin();
        for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > 2 && isPipe(fd)) writeSync(fd, said);
        kill(getpid(), 9);
      };
      console.log(JSON.stringify(startFromCopy(() => {}, become, { kept: [1], patience: 5000 })));`);
    expect(outcome).toEqual({ kind: 'failed', call, errno });
  });
});
