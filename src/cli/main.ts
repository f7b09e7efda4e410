#!/usr/bin/env node
import process from 'node:process';
import { NotFoundError, UsageError } from './failures.ts';
import { runCommand } from './run-command.ts';

const { stdout } = process;
let unread = false;

const output = {
  terminal: stdout.isTTY === true,
  write: (text: string): void => {
    stdout.write(text);
  },
  drained: async (): Promise<boolean> => {
    if (stdout.writableNeedDrain && !unread) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stdout.off('drain', done).off('error', done);
          resolve();
        };
        stdout.on('drain', done).on('error', done);
      });
    }
    return !unread;
  },
};

// A reader that has had enough, as in `mymachines list | head -1`, is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  unread = true;
});

try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    output,
    environment: process.env,
    uid: process.geteuid?.() ?? 0,
  });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`mymachines: ${message}\n`);
  if (error instanceof UsageError) process.stderr.write("Try 'mymachines --help'.\n");
  process.exitCode = error instanceof UsageError ? 2 : 1;
  if (!(error instanceof UsageError || error instanceof NotFoundError) && process.env['MYMACHINES_DEBUG'] === '1') {
    process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
  }
}
