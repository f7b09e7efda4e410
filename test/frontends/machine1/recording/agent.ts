import { readFileSync } from 'node:fs';
import dbus from 'dbus-next';
import { jsonOf, type Reply } from '../../../dbus/objects/question.ts';
import type { Asked, Exchange, HeardSignal } from './exchange.ts';
import { valuesOf } from './json-body.ts';
import { fill } from './placeholders.ts';

// Runs in the lab: asks on the system bus the questions of a JSON file, one after the other on one connection, and
// prints the exchanges as JSON. It talks through dbus-next's own MessageBus, so that what is recorded has not been
// through any code that it is held against. The placeholder «asker.pid» is this process.

const [file = ''] = process.argv.slice(2);
const questions = JSON.parse(readFileSync(file, 'utf8')) as readonly Asked[];
const service = 'org.freedesktop.machine1';
const bus = dbus.systemBus();
const heard: HeardSignal[] = [];
const makers = {
  variant: (signature: string, value: unknown) => new dbus.Variant(signature, value),
  dictionary: (pairs: readonly (readonly [unknown, unknown])[]) => Object.fromEntries(pairs),
};

bus.on('message', ({ type, path = '', interface: from, member = '', signature = '', body = [] }: dbus.Message) => {
  if (type !== dbus.MessageType.SIGNAL || from !== `${service}.Manager`) return;
  heard.push({ path, member, signature, body: body.map(jsonOf) });
});
await send({
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'AddMatch',
  signature: 's',
  body: [`type='signal',sender='${service}'`],
});

const exchanges: Exchange[] = [];
for (const question of questions) {
  const { as: _, signature = '', body = [], ...rest } = question;
  const filled = fill(body, (name) => (name === 'asker.pid' ? process.pid : undefined));
  const reply = await send({ destination: service, ...rest, signature, body: valuesOf(signature, filled, makers) });
  const signals = heard.splice(0);
  exchanges.push({ question, reply, ...(signals.length > 0 && { signals }) });
}
process.stdout.write(JSON.stringify({ pid: process.pid, exchanges }));
bus.disconnect();

async function send(message: ConstructorParameters<typeof dbus.Message>[0]): Promise<Reply> {
  // A method that waits for something inside a container would keep us waiting for ever.
  const patience = setTimeout(() => {
    throw new Error(`no answer to ${JSON.stringify(message)}`);
  }, 10_000);
  try {
    const reply = await bus.call(new dbus.Message(message));
    return { signature: reply?.signature ?? '', body: (reply?.body ?? []).map(jsonOf) };
  } catch (error) {
    if (!(error instanceof dbus.DBusError)) throw error;
    return { error: error.type, text: error.text };
  } finally {
    clearTimeout(patience);
  }
}
