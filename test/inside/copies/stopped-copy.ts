import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { CopyReport } from '../../../src/inside/copies/job.ts';
import type { CopyRequest } from '../../../src/machine/inside-operations.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { copyingProgram } from '../../support/build.ts';
import { Conversation } from '../../support/our-programs.ts';

/** A copying process that stops once, just after a system call, so that a test can be there between two of its steps. */
export class StoppedCopy {
  readonly #strace: ChildProcess;
  readonly #said: Promise<readonly string[]>;

  private constructor(strace: ChildProcess, said: Promise<readonly string[]>) {
    this.#strace = strace;
    this.#said = said;
  }

  /** @param call the system call @param when the how manieth of them */
  static async start({ leader, facts }: Machine, request: CopyRequest, call: string, when = 1): Promise<StoppedCopy> {
    const inject = `inject=${call}:signal=SIGSTOP:when=${when}`;
    const command = ['-e', `trace=${call}`, '-e', inject, process.execPath, copyingProgram];
    const { uidMap: users, gidMap: groups, sharesHostUsers } = facts;
    const { started: strace, said } = new Conversation(
      (input) => spawn('strace', command, { stdio: [input, 'ignore', 'pipe'] }) as ChildProcess,
      JSON.stringify({ ...request, leader, ...(!sharesHostUsers && { idMaps: { users, groups } }) }),
    );
    let traced = '';
    await new Promise<void>((resolve, reject) => {
      strace.once('exit', () => reject(new Error(`it never stopped: ${traced}`)));
      strace.stderr?.setEncoding('utf8').on('data', (piece: string) => {
        traced += piece;
        if (traced.includes('stopped by SIGSTOP')) resolve();
      });
    });
    return new StoppedCopy(strace, said);
  }

  /** Lets it go on, and gives what it says last. */
  async goOn(): Promise<CopyReport> {
    const { pid } = this.#strace;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const ended = once(this.#strace, 'exit');
    process.kill(Number(child), 'SIGCONT');
    await ended;
    return JSON.parse((await this.#said).at(-1) as string) as CopyReport;
  }
}
