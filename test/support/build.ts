import { spawnSync } from 'node:child_process';
import { projectRoot } from './project-root.ts';

const root = `${projectRoot}/`;

/** Before any test: builds, so that tests with a daemon or the command in a process of its own see what is there. */
export function setup(): void {
  // What `npm run build` does.
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  // Where what is run is measured (npm run coverage), it must be known where in src it comes from.
  const measured = process.env['NODE_V8_COVERAGE'] === undefined ? [] : ['--sourcemap', '--banner', TELL_EARLY];
  run('node_modules/rolldown/bin/cli.mjs', '-c', ...measured);
}

/**
 * Node writes what a process has run when that ends by itself. One of ours that answers another (standard-input.ts) is
 * killed once it has answered: so it is written before, but not with each word of one that says much. A copy of a process
 * (fork.ts), which has another parent, ends by _exit(2) or becomes another program, and says so before. Who has gone into
 * a container would make the directory there.
 */
const TELL_EARLY = `
  if (typeof require === 'function' && require('node:fs').writeSync.name !== 'tellEarly') {
    const files = require('node:fs');
    const { writeSync } = files;
    const parent = process.ppid;
    let told = -Infinity;
    files.writeSync = function tellEarly(descriptor, ...parameters) {
      const { takeCoverage, stopCoverage } = require('node:v8');
      const copied = process.ppid !== parent;
      if (copied || descriptor === 0) {
        if (!files.existsSync(process.env.NODE_V8_COVERAGE)) stopCoverage();
        else if (copied || performance.now() - told > 500) {
          takeCoverage();
          told = performance.now();
        }
      }
      return writeSync(descriptor, ...parameters);
    };
  }
`;

/**
 * Compiles src file by file into `build/NAME`, for programs in the lab that use a part of it: in dist there are only
 * whole programs. A name for each test, so that none sees half of another's.
 */
export function compileModules(name: string): void {
  const javaScript = ['--declaration', 'false', '--emitDeclarationOnly', 'false', '--isolatedDeclarations', 'false'];
  const options = [...javaScript, '--outDir', `build/${name}`];
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...options);
}

function run(...words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words[0]} fails:\n${stdout}${stderr}`);
}

/** The command as built. */
export const compiledMain: string = `${root}dist/cli/main.js`;

/** What copies files, as built. */
export const copyingProgram: string = `${root}dist/copying/program.js`;

/** What the processes that look into the roots of machines run, as built. */
export const rootsProgram: string = `${root}dist/roots/program.js`;

/** What the processes that mount something in machines run, as built. */
export const mountsProgram: string = `${root}dist/mounts/program.js`;

/** What the processes that go into machines run, as built. */
export const enteringProgram: string = `${root}dist/entering/program.js`;

/** What the processes of ImageReader run. */
export const imageReadingProgram: string = `${root}dist/images/reading.js`;

/** What the processes that change images run, as built. */
export const imageChangingProgram: string = `${root}dist/images/changing.js`;
