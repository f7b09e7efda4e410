import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Lab } from '../support/lab.ts';
import type { AgentReply, AgentRequest } from './agent/protocol.ts';

/** Where the lab shows the compiled agent. */
export const agentPath = '/conformance/agent/agent.js';

/** Someone in the lab who asks: a user, in a unit of that name, or in no unit. */
export class Caller {
  readonly pid: number;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(pid: number, process: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>) {
    this.pid = pid;
    this.#process = process;
    this.#lines = lines;
  }

  /** Starts one. `unit` absent: outside all units. `inside`: a directory of the unit's control group to run in. */
  static async start(lab: Lab, options: { readonly unit?: string; readonly user?: string }): Promise<Caller> {
    const as = options.user === undefined ? [] : [`--uid=${options.user}`];
    const start =
      options.unit === undefined
        ? []
        : ['systemd-run', '-q', '--collect', '--pipe', '--wait', '-u', options.unit, ...as, '--'];
    const child = lab.spawn('env', ...start, 'node', agentPath);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) throw new Error(`no agent in the lab: ${errors}`);
    return new Caller((JSON.parse(first.value) as { pid: number }).pid, child, lines);
  }

  /** Has the agent do something; throws when it could not. Requests are done one after the other. */
  ask<Kind extends AgentRequest['do']>(
    request: AgentRequest & { readonly do: Kind },
  ): Promise<AgentReply & { readonly did: Kind }> {
    const reply = this.#last.then(async () => {
      this.#process.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await this.#lines.next();
      if (line.done === true) throw new Error(`the agent ended while asked to ${JSON.stringify(request)}`);
      const answer = JSON.parse(line.value) as AgentReply;
      if (answer.did === 'nothing') throw new Error(`${JSON.stringify(request)}: ${answer.because}`);
      return answer as AgentReply & { readonly did: Kind };
    });
    this.#last = reply.catch(() => {});
    return reply;
  }

  stop(): void {
    this.#process.stdin.end();
  }
}
