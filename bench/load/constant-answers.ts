import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEcho } from '../ceiling.ts';
import { BusConnection } from '../dbus/connection.ts';
import { ERROR, encodeCall, SIGNATURE } from '../dbus/message.ts';
import { startSecondBus } from '../targets/bus.ts';
import type { BusService, Target } from '../targets/target.ts';

/** What a method always answers, by its name; the body in base64. */
export type Answers = Readonly<Record<string, { readonly signature: string; readonly body: string }>>;

/** A method of org.freedesktop.machine1.Manager, and the string that it is called with, if it takes one. */
export type Question = readonly [member: string, argument?: string | undefined];

const path = '/org/freedesktop/machine1';
const interfaceName = 'org.freedesktop.machine1.Manager';

/** One for all: there is one such service at a time. */
let bus: Promise<BusService> | undefined;

/**
 * Does something with a service that answers each method with what a real one answered to one question, and does
 * nothing else for it: whatever is as fast as that could not be told from what is faster.
 */
export async function withConstantAnswers<T>(
  real: Target,
  questions: readonly Question[],
  work: (service: Target) => Promise<T>,
): Promise<T> {
  bus ??= startSecondBus();
  const service = await bus;
  const directory = mkdtempSync(join(tmpdir(), 'bench-answers-'));
  const file = join(directory, 'answers.json');
  try {
    writeFileSync(file, JSON.stringify(answersOf(real.bus, questions)));
    return await withEcho(new URL('./echo-dbus.js', import.meta.url), [service.socket, service.name, file], () =>
      work({ name: 'constant answers', version: '', runtimeDirectory: '', bus: service }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** @throws Error when a question is answered with an error */
function answersOf({ socket, name }: BusService, questions: readonly Question[]): Answers {
  const connection = new BusConnection(socket);
  try {
    return Object.fromEntries(
      questions.map(([member, argument]) => {
        const { type, fields, body } = connection.ask(encodeCall(name, path, [interfaceName, member], argument));
        if (type === ERROR) throw new Error(`${name} answered an error to ${member}`);
        return [member, { signature: `${fields.get(SIGNATURE) ?? ''}`, body: Buffer.from(body).toString('base64') }];
      }),
    );
  } finally {
    connection.close();
  }
}
