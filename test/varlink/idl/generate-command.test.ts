import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateTypes } from '../../../src/varlink/idl/generate.ts';
import { parseInterface } from '../../../src/varlink/index.ts';
import { projectRoot } from '../../support/project-root.ts';

const command = join(projectRoot, 'dist/varlink/idl/generate-command.js');
const text = 'interface com.example.a\n\nmethod Ask(what: string) -> (said: ?int)\n';
const types = generateTypes(parseInterface(text));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mymachines-generate-'));
  mkdirSync(join(directory, 'below'));
  writeFileSync(join(directory, 'com.example.a.varlink'), text);
  writeFileSync(join(directory, 'below/com.example.b.varlink'), text.replace('.a', '.b'));
  writeFileSync(join(directory, 'other.txt'), 'interface no');
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const well = { status: 0, stdout: '', stderr: '' };
const read = (path: string): string => readFileSync(join(directory, path), 'utf8');

test('writes types beside each definition of a directory, and beside nothing else', () => {
  expect(run(directory)).toEqual(well);
  expect(read('com.example.a.ts')).toBe(types);
  expect(read('below/com.example.b.ts')).toContain('com.example.b');
  expect(readdirSync(directory).sort()).toEqual(['below', 'com.example.a.ts', 'com.example.a.varlink', 'other.txt']);
});

test('with --check writes nothing, and fails for what is not current', () => {
  const one = join(directory, 'com.example.a.varlink');
  const { status, stderr } = run('--check', one);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^\S*com\.example\.a\.varlink: .*not current/);
  expect(readdirSync(directory)).not.toContain('com.example.a.ts');
  expect(run(one)).toEqual(well);
  expect(run('--check', one)).toEqual(well);
  writeFileSync(join(directory, 'com.example.a.ts'), `${types}// changed\n`);
  expect(run('--check', one).status).toBe(1);
  expect(read('com.example.a.ts')).toBe(`${types}// changed\n`);
});

test('says which definition is wrong and where, and does the others', () => {
  writeFileSync(join(directory, 'com.example.a.varlink'), 'interface com.example.a\nmethod 5() -> ()\n');
  const { status, stderr } = run(directory);
  expect(status).toBe(1);
  expect(stderr).toMatch(/com\.example\.a\.varlink: .*2/);
  expect(read('below/com.example.b.ts')).toContain('com.example.b');
});

test('without a place says what it is for', () => {
  const { status, stderr } = run('--check');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^usage: /);
});
