import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { projectRoot } from './project-root.ts';

/** What a program that ran inside printed, and how it ended. */
export interface LabResult {
  /** Exit status; 128 plus its number when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of this machine that appears in the lab. */
export interface LabBind {
  readonly directory: string;
  /** It appears at `/NAME`. */
  readonly name: string;
  readonly writable?: boolean;
}

const script = `${projectRoot}/test/lab/lab.sh`;
const megabyte = 1024 * 1024;

/** Debian's suites, by the systemd that is in them: 262 or later, and 252. */
export type Suite = 'forky' | 'bookworm';

/**
 * Why there can be no lab here, or undefined when there can. Installs the base system when it is missing, which takes a
 * minute. With CI in the environment the reason is thrown: there it is a failure.
 */
export async function labUnavailable(suite: Suite = 'forky'): Promise<string | undefined> {
  const reason = await reasonAgainst(suite);
  if (reason !== undefined && process.env['CI']) throw new Error(`the lab cannot be had: ${reason}`);
  return reason;
}

async function reasonAgainst(suite: Suite): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const { status, stderr } = await execute(script, ['build'], { LAB_SUITE: suite });
  return status === 0 ? undefined : stderr.trim().replace(/^lab: /, '') || `lab.sh build ended with status ${status}`;
}

/** A running Debian with a systemd of its own (test/lab/lab.sh). It ends with this process, however that ends. */
export class Lab {
  readonly name: string;
  /** PID of its PID 1, as this machine sees it. */
  readonly initPid: number;
  readonly #holder: ChildProcessWithoutNullStreams;

  private constructor(name: string, initPid: number, holder: ChildProcessWithoutNullStreams) {
    this.name = name;
    this.initPid = initPid;
    this.#holder = holder;
  }

  /** Boots one under a name that no other has. This process's node is `node` inside. */
  static async up(binds: readonly LabBind[] = [], suite: Suite = 'forky'): Promise<Lab> {
    started += 1;
    const name = `t${process.pid}-${started}`;
    const all = measured === undefined ? binds : [...binds, { directory: measured, name: 'coverage', writable: true }];
    const pairs = all.map((bind) => `${bind.directory}:${bind.name}${bind.writable === true ? ':rw' : ''}`);
    const own = { LAB_NAME: name, LAB_SUITE: suite, LAB_BINDS: pairs.join(' '), LAB_NODE: process.execPath };
    const env = { ...process.env, ...own };
    // The script takes the lab down when its standard input ends. It gets no signals that are meant for our group.
    const holder = spawn(script, ['hold'], { env, detached: true });
    const lab = new Lab(name, await announcedPid(holder), holder);
    if (measured !== undefined) {
      // For units, also where all else is read-only; what is run in no unit is given it with each command.
      lab.write('/run/systemd/system/mymachines.service.d/coverage.conf', '[Service]\nReadWritePaths=/coverage\n');
      await lab.shell(`systemctl daemon-reload; systemctl set-environment ${MEASURING}`);
    }
    return lab;
  }

  /** Runs a program to its end, in no unit. Does not throw for a status other than 0. */
  run(command: string, ...parameters: string[]): Promise<LabResult> {
    const words = measured === undefined ? [command, ...parameters] : ['env', MEASURING, command, ...parameters];
    return execute(script, ['run', ...words], { LAB_NAME: this.name });
  }

  /** Runs a shell script and gives what it printed; throws with its error text when its status is not 0. */
  async shell(text: string): Promise<string> {
    const { status, stdout, stderr } = await this.run('bash', '-euc', text);
    if (status !== 0) throw new Error(`in the lab, status ${status}: ${stderr.trim() || stdout.trim()}\n${text}`);
    return stdout;
  }

  /** Starts a program that stays, with its standard input and output as streams. */
  spawn(command: string, ...parameters: string[]): ChildProcessWithoutNullStreams {
    return spawn(script, ['run', command, ...parameters], { env: { ...process.env, LAB_NAME: this.name } });
  }

  /** Writes a file inside, with the directories above it. */
  write(path: string, content: string | Uint8Array): void {
    const target = this.#outside(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }

  /** Copies a file or a directory of this machine into the lab. */
  copyIn(from: string, path: string): void {
    cpSync(from, this.#outside(path), { recursive: true });
  }

  /** Ends everything inside and throws away what it wrote. Harmless when repeated. */
  async down(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    // Who is killed does not write what it has run.
    if (measured !== undefined) await this.run('sh', '-c', 'pkill -TERM -x node; sleep 1');
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.stdin.end();
    await ended;
  }

  // Symbolic links on the way that are absolute would lead out of the lab; its own directories have none.
  #outside(path: string): string {
    return `/proc/${this.initPid}/root${path}`;
  }
}

let started = 0;

/** Where Node writes what it has run of its programs, in `npm run coverage`, and how those in a lab are told. */
const measured = process.env['NODE_V8_COVERAGE'];
const MEASURING = 'NODE_V8_COVERAGE=/coverage';

function announcedPid(holder: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    holder.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const pid = /^up (\d+)$/m.exec(output)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    holder.on('error', reject);
    holder.on('exit', (status) => {
      reject(new Error(`the lab did not come up (status ${status}): ${errors.trim()}`));
    });
    holder.stdin.on('error', () => {});
  });
}

function execute(file: string, args: readonly string[], extra: Record<string, string>): Promise<LabResult> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...extra };
    execFile(file, args, { env, maxBuffer: 64 * megabyte }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({ status: code, stdout, stderr: stderr || (code === 127 && error !== null ? error.message : '') });
    }).stdin?.end();
  });
}
