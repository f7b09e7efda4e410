import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import coverage from 'istanbul-lib-coverage';
import { projectRoot } from '../support/project-root.ts';
import { addProcesses } from './processes.ts';
import { shortfalls, summary } from './summary.ts';

// npm run coverage [-- what vitest is to run]: how much of src the tests run, in their own process and in all those
// that they start and that end by themselves or answer others, in labs, too. What else is killed is not counted. The
// exit status is 1 when a test fails, or, with all tests, when it is too little.

const raw = mkdtempSync(join(tmpdir(), 'mymachines-coverage-'));
// Some of those processes are other users'.
chmodSync(raw, 0o1777);
try {
  const reports = join(projectRoot, 'coverage');
  const options = ['--coverage', '--coverage.reporter=json', `--coverage.reportsDirectory=${reports}`];
  const wanted = process.argv.slice(2);
  const { status } = spawnSync('npx', ['vitest', 'run', ...options, '--coverage.reportOnFailure', ...wanted], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, NODE_V8_COVERAGE: raw, NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' },
  });
  const map = coverage.createCoverageMap(JSON.parse(readFileSync(join(reports, 'coverage-final.json'), 'utf8')));
  await addProcesses(raw, map);
  process.stdout.write(summary(map));
  const missing = wanted.length > 0 ? [] : shortfalls(map);
  for (const text of missing) process.stdout.write(`NOT ENOUGH ${text}\n`);
  process.exitCode = status !== 0 || missing.length > 0 ? 1 : 0;
} finally {
  rmSync(raw, { recursive: true, force: true });
}
