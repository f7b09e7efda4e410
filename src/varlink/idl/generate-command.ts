import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateTypes } from './generate.ts';
import { parseInterface } from './parse.ts';

/**
 * The program behind `npm run generate`: writes X.ts beside every X.varlink among the given files and directories.
 * With --check it writes nothing and ends with status 1 when a file is not current.
 */
function main(args: readonly string[]): number {
  const check = args.includes('--check');
  const paths = args.filter((arg) => arg !== '--check').flatMap(definitionsBelow);
  if (paths.length === 0) {
    console.error('usage: generate-command.js [--check] FILE.varlink|DIRECTORY...');
    return 2;
  }
  let status = 0;
  for (const path of paths) {
    try {
      if (!generateFile(path, check)) {
        console.error(`${path}: the generated file is not current, run "npm run generate"`);
        status = 1;
      }
    } catch (error) {
      console.error(`${path}: ${error instanceof Error ? error.message : error}`);
      status = 1;
    }
  }
  return status;
}

/** False when `check` is set and the file beside `path` is not what would be generated. */
function generateFile(path: string, check: boolean): boolean {
  const target = path.replace(/\.varlink$/, '.ts');
  const text = generateTypes(parseInterface(readFileSync(path, 'utf8')));
  const current = readIfPresent(target);
  if (current === text) return true;
  if (!check) writeFileSync(target, text);
  return !check;
}

function definitionsBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.varlink'))
    .sort()
    .map((name) => join(path, name));
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

process.exitCode = main(process.argv.slice(2));
