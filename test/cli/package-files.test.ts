import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { program, share } from '../../src/cli/package-files.ts';
import { projectRoot } from '../support/project-root.ts';

test('are in the same places below the package in src as in dist', () => {
  expect(share).toBe(join(projectRoot, 'share'));
  expect(existsSync(join(share, 'systemd/mymachines.service'))).toBe(true);
  expect(program).toBe(join(projectRoot, 'src/cli/main.js'));
  expect(existsSync(program.replace('/src/', '/dist/'))).toBe(true);
});
