import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectRoot } from '../support/project-root.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-build-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Of each file below dist, what is in it. */
function build(name: string): Map<string, string> {
  const env = { ...process.env, BUILD_DIRECTORY: join(directory, name) };
  execFileSync(process.execPath, ['node_modules/rolldown/bin/cli.mjs', '-c'], { cwd: projectRoot, env, stdio: 'pipe' });
  const dist = join(directory, name, 'dist');
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  return new Map(paths.map((path) => [path.slice(dist.length), readFileSync(path, 'latin1')]));
}

it('is the same to the byte as another, whatever was there, and nothing in it says where it was made', {
  timeout: 120_000,
}, () => {
  const first = build('first');
  const some = [
    '/cli/main.js',
    '/roots/program.js',
    '/mounts/program.js',
    '/copying/program.js',
    '/varlink/index.js',
    '/varlink/index.d.ts',
  ];
  expect([...first.keys()]).toEqual(expect.arrayContaining(some));
  // As an earlier build may have left it.
  mkdirSync(join(directory, 'second/dist/cli'), { recursive: true });
  writeFileSync(join(directory, 'second/dist/cli/old.js'), '');
  expect(build('second')).toEqual(first);
  const telling = [...first].filter(([, text]) => text.includes(projectRoot) || text.includes(directory));
  expect(telling.map(([path]) => path)).toEqual([]);
});
