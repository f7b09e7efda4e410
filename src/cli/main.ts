#!/usr/bin/env node
import { NotFoundError, UsageError } from './failures.ts';
import { runCommand } from './run-command.ts';
import { StandardOutput } from './standard-output.ts';

async function run(): Promise<number> {
  try {
    return await runCommand(process.argv.slice(2), {
      output: new StandardOutput(),
      environment: process.env,
      uid: process.geteuid?.() ?? 0,
    });
  } catch (error) {
    return report(error);
  }
}

/** The exit status. */
function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`mymachines: ${message}\n`);
  if (error instanceof UsageError) {
    process.stderr.write("Try 'mymachines --help'.\n");
    return 2;
  }
  if (!(error instanceof NotFoundError) && process.env['MYMACHINES_DEBUG'] === '1') {
    process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
  }
  return 1;
}

// An end before that of the command, as when nothing is left that it waits for, is a failure.
process.exitCode = 1;
void run().then((status) => {
  process.exitCode = status;
});
