import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PlannedRow, plan, quickSizes } from '../../bench/plan.ts';
import type { BenchResult } from '../../bench/result.ts';
import { labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);
const build = join(projectRoot, `build/bench-${process.pid}`);

const out = join(build, 'kept');

describe.skipIf(unavailable !== undefined)('the bench', { timeout: 240_000 }, () => {
  beforeAll(() => {
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.tools.json', '--outDir', build], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the bench does not compile:\n${stdout}`);
  });

  afterAll(() => rmSync(build, { recursive: true, force: true }));

  test('its short form measures everything, all sides answer alike, and the result can be kept', () => {
    const { status, stdout, stderr } = run('--quick', '--json', '--out', out);
    expect(status, stderr).toBe(0);
    const result = JSON.parse(stdout) as BenchResult;
    expect(result.programs.map(({ name }) => name)).toEqual(['systemd-machined', 'mymachines', 'dnsmasq', 'dnsperf']);
    expect(result.disagreements).toEqual([]);
    const against = (name: string) => result.rows.filter((row) => row.against === name);
    const place = ({ workload, machines, connections }: PlannedRow) => `${workload}, ${machines}, ${connections}`;
    expect(against('systemd-machined').map(place)).toEqual(expect.arrayContaining(plan(quickSizes).map(place)));
    for (const name of ['nsenter in a script', 'itself idle', `itself with ${quickSizes.few}`, 'dnsmasq']) {
      expect({ name, rows: against(name).length }).not.toEqual({ name, rows: 0 });
    }
    for (const { workload, reference, candidate, ratio, refused } of result.rows) {
      if (workload.includes('--busy-poll') && refused?.includes('no such option')) continue;
      expect({ workload, refused }).toEqual({ workload, refused: undefined });
      expect(reference?.rate.median).toBeGreaterThan(0);
      expect(candidate?.rate.median).toBeGreaterThan(0);
      expect(ratio?.median).toBeGreaterThan(0);
    }
    expect(result.figures.filter(({ goal }) => goal !== undefined)).toHaveLength(8);
    for (const { what, value } of result.figures) {
      expect({ what, median: value.median }).toEqual({ what, median: expect.any(Number) });
    }
    expect(result.generator?.ceilings.filter(({ rate }) => rate > 0).length).toBeGreaterThanOrEqual(2);
    expect(readFileSync(join(out, 'results.md'), 'utf8')).toContain('# Results of the bench');
    expect(readFileSync(join(out, 'lookups.svg'), 'utf8')).toMatch(/<polyline.*<polyline.*<\/svg>/s);
  });

  test('a wrong command line is status 2 and says what is wrong', () => {
    const { status, stderr } = run('--rounds', 'many');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("not 'many'") });
  });
});

function run(...parameters: string[]) {
  return spawnSync(process.execPath, [join(build, 'bench/main.js'), ...parameters], { encoding: 'utf8' });
}
