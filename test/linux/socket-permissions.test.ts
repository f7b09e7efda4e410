import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { everybodyMayConnect } from '../../src/linux/socket-permissions.ts';

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mymachines-permissions-'));
  mkdirSync(join(root, 'below'));
  path = join(root, 'below/socket');
  writeFileSync(path, '');
  setModes(0o711, 0o755, 0o666);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function setModes(above: number, directory: number, socket: number): void {
  chmodSync(path, socket);
  chmodSync(join(root, 'below'), directory);
  chmodSync(root, above);
}

test('what everybody may write, below directories that everybody may search', () => {
  expect(everybodyMayConnect(path)).toBe(true);
});

test.each([
  ['the socket', 0o711, 0o755, 0o664],
  ['its directory', 0o711, 0o770, 0o666],
  ['a directory above', 0o700, 0o755, 0o666],
])('not when %s is closed to others', (_what, above, directory, socket) => {
  setModes(above, directory, socket);
  expect(everybodyMayConnect(path)).toBe(false);
});

test('tells when there is nothing', () => {
  expect(() => everybodyMayConnect(join(root, 'nothing'))).toThrow('ENOENT');
});
