import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlGroupsUnavailable } from '../../support/control-groups.ts';
import { DaemonProcess } from '../../support/daemon-process.ts';
import { differences, empty } from './kept.ts';
import { type Model, Script } from './script.ts';
import { type StateCall, stateCalls, WATCHED } from './state-calls.ts';
import { type Injection, Strace, straceUnavailable } from './strace.ts';

const unavailable = straceUnavailable() ?? controlGroupsUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** How a run of the script ended. */
interface Run {
  readonly calls: readonly StateCall[];
  /** What was acknowledged, and what there would be with the step that was not. */
  readonly model: Model;
  readonly pending?: Model;
}

describe.skipIf(unavailable !== undefined)('a daemon that is killed at a change of its directory', () => {
  let daemon: DaemonProcess;
  let script: Script;

  beforeAll(async () => {
    script = new Script();
    daemon = await DaemonProcess.start();
  });
  afterAll(async () => {
    await daemon.stop();
    await script.close();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  /** Does one step after the other until the daemon ends. */
  async function run(injection?: Injection): Promise<Run> {
    await empty(daemon);
    const steps = await script.steps();
    const strace = await Strace.attach(daemon.pid, WATCHED, injection);
    let model: Model = new Map();
    let pending: Model | undefined;
    for (const step of steps) {
      const reply = await step.act(daemon);
      const alive = reply !== undefined || (step.silent === true && daemon.alive);
      if (!alive) pending = step.after(model);
      if (!alive) break;
      if (reply?.error !== undefined) throw new Error(`${step.title}: ${JSON.stringify(reply)}`);
      model = step.after(model);
    }
    const calls = stateCalls(await strace.calls(pending !== undefined), join(daemon.runtimeDirectory, 'machines'));
    return { calls, model, ...(pending && { pending }) };
  }

  async function expectKept({ model, pending }: Run, key: string): Promise<void> {
    const asAcknowledged = await differences(daemon, model);
    if (asAcknowledged.length === 0) return;
    const asPending = pending === undefined ? asAcknowledged : await differences(daemon, pending);
    if (asPending.length > 0)
      expect.fail(`killed before ${key}: ${asAcknowledged.join('; ')} (or ${asPending.join('; ')})`);
  }

  test('has what it acknowledged, whole, and nothing else', { timeout: 600_000 }, async () => {
    const whole = await run();
    expect(await differences(daemon, whole.model)).toEqual([]);
    const reached = new Set<number>();
    const keys = whole.calls.map(({ key }) => key);
    expect(keys.length, `calls: ${keys}`).toBeGreaterThanOrEqual(30);
    for (const [index, key] of keys.entries()) {
      // Between these calls there are others of the same name, now and then one more or less, as to read of a process.
      let { name, ordinal } = whole.calls[index] as StateCall;
      for (let attempt = 0; attempt < 20 && !reached.has(index); attempt++) {
        const killed = await run({ name, when: Math.max(1, ordinal), fate: 'signal=SIGKILL' });
        await daemon.stop('SIGKILL');
        daemon = await DaemonProcess.start(daemon.runtimeDirectory);
        await expectKept(killed, key);
        const upTo = killed.calls.map((call) => call.key);
        if (killed.calls.at(-1)?.cutShort === true && `${upTo}` === `${keys.slice(0, index + 1)}`) reached.add(index);
        ordinal += upTo.length <= index ? 1 : -1;
      }
    }
    expect(
      keys.filter((_, index) => !reached.has(index)),
      'never killed before these',
    ).toEqual([]);
    console.info(`killed before each of ${reached.size} calls that change the directory or answer`);
  });
});
