import { spawn } from 'node:child_process';
import { compiledMain } from '../support/build.ts';

/** What a run of `mymachines` came to. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mymachines` as a person would who has it in the path, with its output going to a pipe. */
export function mymachines(...words: string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [compiledMain, ...words], {
      env: { ...process.env, TZ: 'UTC', XDG_RUNTIME_DIR: '' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
