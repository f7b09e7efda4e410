import { findDefinitions, generateFile } from './generate-files.ts';

/**
 * The program behind `npm run generate`: writes X.ts beside every X.varlink among the given files and directories.
 * With --check it writes nothing and ends with status 1 when a file is not current.
 */
function main(args: readonly string[]): number {
  const check = args.includes('--check');
  const places = args.filter((arg) => arg !== '--check');
  if (places.length === 0) {
    console.error('usage: generate-command.js [--check] FILE.varlink|DIRECTORY...');
    return 2;
  }
  let status = 0;
  for (const place of places) {
    for (const path of findDefinitions(place)) {
      const fault = generate(path, check);
      if (fault === undefined) continue;
      console.error(`${path}: ${fault}`);
      status = 1;
    }
  }
  return status;
}

function generate(path: string, check: boolean): string | undefined {
  try {
    const current = generateFile(path, { check });
    return check && !current ? 'the types beside it are not current, run "npm run generate"' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.exitCode = main(process.argv.slice(2));
