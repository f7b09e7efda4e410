import { execFileSync, spawn } from 'node:child_process';

/** A Debian with a real systemd, in namespaces of its own. */
export interface Lab {
  /** Runs a command in it and gives its output; what it writes to standard error is ours. Throws when it fails. */
  run(command: readonly string[]): Promise<string>;
  /** Stops it; all it wrote is gone. */
  down(): void;
}

/** Boots a lab with the checkout at /project. */
export function bootLab(projectRoot: string): Lab {
  const script = process.env['LAB'] ?? `${projectRoot}/test/lab/lab.sh`;
  const env = { ...process.env, LAB_NAME: 'bench', LAB_BINDS: `${projectRoot}:project` };
  const call = (command: string) => execFileSync(script, [command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  call('up');
  return {
    run: ([...command]) =>
      new Promise((resolve, reject) => {
        const child = spawn(script, ['run', ...command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        child.on('error', reject);
        child.on('close', (status, signal) => {
          if (status === 0) resolve(output);
          else reject(new Error(`${command[0]} ended with ${status ?? signal}`));
        });
      }),
    down: () => call('down'),
  };
}
