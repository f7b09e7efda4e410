import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';
import { Asker, dbusSend, dbusSendReply } from './ask.ts';
import { logQuestions, machineNames, objectQuestions } from './object-questions.ts';
import type { Exchange, Question } from './question.ts';

// Asks the real systemd-machined what the other tests hold the object tree against, and looks whether it still answers
// as recorded. With RECORD=1 in the environment it is recorded anew.

const reason = await labUnavailable();
if (reason !== undefined) console.warn(`recorded objects are not held against systemd-machined: no lab: ${reason}`);
const file = `${projectRoot}/fixtures/systemd-262/dbus-objects.json`;
const service = 'org.freedesktop.machine1';

describe.skipIf(reason !== undefined)('systemd-machined', () => {
  let lab: Lab;
  let asker: Asker;

  beforeAll(async () => {
    lab = await Lab.up();
    // The service is asked what the bus would not let an ordinary user ask.
    lab.write(
      '/etc/dbus-1/system.d/all.conf',
      `<busconfig><policy context="mandatory"><allow send_destination="${service}"/></policy></busconfig>`,
    );
    await lab.shell('busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig');
    for (const name of machineNames) {
      await lab.shell(`
        systemd-run --quiet --unit=${name} sleep infinity
        leader=$(systemctl show --value --property=MainPID ${name})
        busctl call ${service} /org/freedesktop/machine1 ${service}.Manager RegisterMachine sayssus ${name} 0 "" \\
          container $leader ""`);
    }
    asker = await Asker.connect(`unix:path=/proc/${lab.initPid}/root/run/dbus/system_bus_socket`, service);
  }, 120_000);

  afterAll(async () => {
    asker?.close();
    await lab?.down();
  });

  const ask = async (questions: readonly Question[]): Promise<Exchange[]> => {
    const exchanges: Exchange[] = [];
    for (const question of questions) {
      const reply =
        question.as === undefined
          ? await asker.ask(question)
          : dbusSendReply(
              await lab.run(
                ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
                ...dbusSend(question, service),
              ),
            );
      exchanges.push({ question, reply });
    }
    return exchanges;
  };

  test('answers as recorded', { timeout: 60_000 }, async () => {
    const answers = { objects: await ask(objectQuestions), log: await ask(logQuestions) };
    const recordedFrom = (await lab.shell('systemctl --version')).split('\n', 1)[0];
    const text = `${JSON.stringify({ recordedFrom, ...answers }, undefined, 1)}\n`;
    if (process.env['RECORD']) writeFileSync(file, text);
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });
});
