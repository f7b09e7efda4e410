import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchResult } from '../../bench/result.ts';
import { labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);
const build = join(projectRoot, `build/bench-${process.pid}`);

describe.skipIf(unavailable !== undefined)('the bench', { timeout: 120_000 }, () => {
  beforeAll(() => {
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.tools.json', '--outDir', build], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the bench does not compile:\n${stdout}`);
  });

  afterAll(() => rmSync(build, { recursive: true, force: true }));

  test('its short form measures both services, which answer alike, in every row', () => {
    const { status, stdout, stderr } = run('--quick', '--json');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const result = JSON.parse(stdout) as BenchResult;
    expect(result.reference.name).toBe('systemd-machined');
    expect(result.candidate.name).toBe('mymachines');
    expect(result.disagreements).toEqual([]);
    const workloads = new Set(result.rows.map(({ workload }) => workload));
    expect(result.rows).toHaveLength(workloads.size * 2 * 2);
    for (const { reference, candidate, ratio } of result.rows) {
      expect(reference?.rate.median).toBeGreaterThan(0);
      expect(candidate?.rate.median).toBeGreaterThan(0);
      expect(ratio?.median).toBeGreaterThan(0);
    }
    expect(result.generator.ceilings.filter(({ rate }) => rate > 0).length).toBeGreaterThanOrEqual(2);
  });

  test('a wrong command line is status 2 and says what is wrong', () => {
    const { status, stderr } = run('--rounds', 'many');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("not 'many'") });
  });
});

function run(...parameters: string[]) {
  return spawnSync(process.execPath, [join(build, 'bench/main.js'), ...parameters], { encoding: 'utf8' });
}
