import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { measure } from '../../src/cli/measure.ts';
import { progressText } from '../../src/cli/progress-text.ts';

test.each([
  [{}, 1.9, 'Copying: 1 s'],
  [{ bytes: 512, files: 1 }, 2, 'Copying: 512 B in 1 file, 2 s'],
  [{ bytes: 1536, files: 20, total: undefined }, 61, 'Copying: 1.5 KiB in 20 files, 61 s'],
  [{ bytes: 0, files: 0, total: 1000 }, 1, 'Copying [--------------------]   0 %, 0 B in 0 files, 1 s'],
  [{ bytes: 429, files: 7, total: 1000 }, 1, 'Copying [#########-----------]  42 %, 429 B in 7 files, 1 s'],
  [{ bytes: 2 ** 41, files: 9, total: 2 ** 40 }, 9, 'Copying [####################] 100 %, 2.0 TiB in 9 files, 9 s'],
  [{ total: 1000 }, 1, 'Copying: 1 s'],
])('%j after %d s', (progress, seconds, text) => {
  expect(progressText('Copying', progress, seconds)).toBe(text);
});

test('what there is to copy is measured: content, each file once, no holes, no links followed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'measure-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'one'), 'x'.repeat(5000));
  writeFileSync(join(folder, 'sub/two'), 'y'.repeat(100));
  linkSync(join(folder, 'one'), join(folder, 'sub/same'));
  symlinkSync('/proc/kcore', join(folder, 'link'));
  writeFileSync(join(folder, 'sparse'), '');
  truncateSync(join(folder, 'sparse'), 1 << 30);
  const never = new AbortController().signal;
  expect(await measure(folder, never)).toBe(5100);
  expect(await measure(join(folder, 'one'), never)).toBe(5000);
  expect(await measure(join(folder, 'none'), never)).toBeUndefined();
  expect(await measure(folder, AbortSignal.abort())).toBeUndefined();
});
