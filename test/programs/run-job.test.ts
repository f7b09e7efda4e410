import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CopyError, failureOf } from '../../src/inside/copies/copy-error.ts';
import { runJob } from '../../src/programs/run-job.ts';
import { answering, watched } from '../support/our-programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-job-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('a job', () => {
  it('tells by lines, which only a line feed ends', async () => {
    const path = join(directory, 'program.cjs');
    const told = ['a\u2028b\u2029c', 'd\re', 'ü'];
    writeFileSync(
      path,
      answering(`() => { for (const text of ${JSON.stringify(told)}) say({ text }); process.exit(); }`),
    );
    const reports: object[] = [];
    const end = await runJob({ program: watched(path), job: {}, onReport: (report: object) => reports.push(report) });
    expect(end).toBe('status 0');
    expect(reports).toEqual(told.map((text) => ({ text })));
  });

  it("says a file's name so that a terminal does not obey it", () => {
    const { text } = failureOf(new CopyError('ENOENT', 'a\u001b]0;b\u0007\u009bc\u202ed\u2028'));
    expect(text).toBe('No such file or directory: a\\u{1b}]0;b\\u{7}\\u{9b}c\\u{202e}d\\u{2028}');
  });
});
