import { relative } from 'node:path';
import type { CoverageMap } from 'istanbul-lib-coverage';
import { projectRoot } from '../support/project-root.ts';

/** Percent of all lines and branches of src, and of the lines of each file, that tests have to run. */
const GOAL = { lines: 90, branches: 85, linesOfFile: 70 };

/** A line for each file that is not run whole, the least first, and one for all. */
export function summary(map: CoverageMap): string {
  const files = map.files().map((path) => ({ path, lines: map.fileCoverageFor(path).toSummary().lines }));
  const lines = files
    .filter(({ lines: { pct } }) => pct < 100)
    .sort((one, other) => one.lines.pct - other.lines.pct)
    .map(({ path, lines: { pct } }) => `${pct.toFixed(1).padStart(5)} % ${relative(projectRoot, path)}\n`);
  const { lines: all, branches } = map.getCoverageSummary();
  return `${lines.join('')}${all.pct} % of ${all.total} lines, ${branches.pct} % of ${branches.total} branches\n`;
}

/** What is below the goal, in words. */
export function shortfalls(map: CoverageMap): string[] {
  const { lines, branches } = map.getCoverageSummary();
  const short: string[] = [];
  if (lines.pct < GOAL.lines) short.push(`${lines.pct} % of lines, ${GOAL.lines} are wanted`);
  if (branches.pct < GOAL.branches) short.push(`${branches.pct} % of branches, ${GOAL.branches} are wanted`);
  for (const path of map.files()) {
    const { pct, total } = map.fileCoverageFor(path).toSummary().lines;
    if (total > 0 && pct < GOAL.linesOfFile) short.push(`${relative(projectRoot, path)}: ${pct} % of lines`);
  }
  return short;
}
