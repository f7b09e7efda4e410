import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { asUser } from '../support/as-user.ts';
import { containersUnavailable } from '../support/namespaces.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);
const build = join(projectRoot, `build/demo-${process.pid}`);
const demo = join(build, 'test/demo/main.js');

describe.skipIf(unavailable !== undefined)('the demo', () => {
  beforeAll(() => {
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.tools.json', '--outDir', build], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the demo does not compile:\n${stdout}`);
  });

  afterAll(() => rmSync(build, { recursive: true, force: true }));

  test('goes well as root, within ten seconds, and leaves no process', async () => {
    const before = performance.now();
    const { status, output } = await result(start());
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(output).toMatch(/vu-web-33/);
    expect(output).toMatch(/There is no group 'vg-db-4'/);
    expect(output).not.toContain('\u001b');
    expect(leaders(output).filter(runs)).toEqual([]);
  });

  test('goes well as an ordinary user, and says what it could not do', async () => {
    const { status, output } = await result(start(asUser(54321, demo)));
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toMatch(/^ {3}web +container demo/m);
    expect(output).toContain('Left out: these containers have no ids of their own');
  });

  test('ends with status 1 and the reason when something is not as expected', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'demo-test-'));
    try {
      writeFileSync(join(directory, 'nsenter'), '#!/bin/sh\necho nothing here\n');
      chmodSync(join(directory, 'nsenter'), 0o755);
      const { status, output } = await result(start(undefined, { PATH: `${directory}:${process.env['PATH']}` }));
      expect(status).toBe(1);
      expect(output.replace(/\s+/g, ' ')).toMatch(/Not as expected: 'nsenter -t [^']*' did not show 10\.77\.0\.2\/24/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('takes everything along when it is killed', async () => {
    const child = start();
    let output = '';
    child.stdout?.on('data', (text: string) => {
      output += text;
    });
    await vi.waitFor(() => expect(leaders(output)).toHaveLength(2), { timeout: 10_000, interval: 10 });
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(leaders(output).filter(runs)).toEqual([]), 5000);
  });
});

function start(
  [program, ...parameters]: [string, ...string[]] = [process.execPath, demo],
  environment: NodeJS.ProcessEnv = {},
): ChildProcess {
  const child = spawn(program, parameters, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.setEncoding('utf8');
  return child;
}

function result(child: ChildProcess): Promise<{ status: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: string | Buffer) => {
      output += text;
    });
  }
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output })));
}

function leaders(output: string): string[] {
  return [...output.matchAll(/^ {3}\$ nsenter -t (\d+) /gm)].map((match) => match[1] as string);
}

/** False for a zombie too: not every PID 1 reaps at once. */
function runs(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
