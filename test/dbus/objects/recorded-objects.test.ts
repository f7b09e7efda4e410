import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { introspectInterface, introspectObject } from '../../../src/dbus/objects/introspection.ts';
import { logControlInterface, logControlPath } from '../../../src/frontends/log-control/handlers.ts';
import { connectBus } from '../../support/bus.ts';
import { Lab, labUnavailable } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';
import { Asker, dbusSend, dbusSendReply } from '../connection/ask.ts';
import { logQuestions, machineNames, objectQuestions } from './object-questions.ts';
import { parseIntrospection } from './parse-introspection.ts';
import type { Exchange, Question } from './question.ts';
import { recordedTree } from './recorded-objects.ts';

// Asks the real systemd-machined what the other tests hold the object tree against, and looks whether it still answers
// as recorded. With RECORD=1 in the environment it is recorded anew.

const reason = await labUnavailable();
if (reason !== undefined) console.warn(`recorded objects are not held against systemd-machined: no lab: ${reason}`);
const file = `${projectRoot}/fixtures/systemd-262/dbus-objects.json`;
const service = 'org.freedesktop.machine1';
const ours = 'org.example.machine1';
const root = '/org/freedesktop/machine1';

describe.skipIf(reason !== undefined)('systemd', () => {
  let lab: Lab;
  let asker: Asker;

  beforeAll(async () => {
    lab = await Lab.up();
    // The service is asked what the bus would not let an ordinary user ask.
    lab.write(
      '/etc/dbus-1/system.d/all.conf',
      `<busconfig><policy context="mandatory">
        <allow send_destination="${service}"/><allow send_destination="${ours}"/><allow own="${ours}"/>
      </policy></busconfig>`,
    );
    await lab.shell('busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig');
    for (const name of machineNames) {
      await lab.shell(`
        systemd-run --quiet --unit=${name} sleep infinity
        leader=$(systemctl show --value --property=MainPID ${name})
        busctl call ${service} /org/freedesktop/machine1 ${service}.Manager RegisterMachine sayssus ${name} 0 "" \\
          container $leader ""`);
    }
    asker = await Asker.connect(address(), service);
  }, 120_000);

  const address = () => `unix:path=/proc/${lab.initPid}/root/run/dbus/system_bus_socket`;

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

  test('answers as recorded, as systemd-machined', { timeout: 60_000 }, async () => {
    const answers = { objects: await ask(objectQuestions), log: await ask(logQuestions) };
    const recordedFrom = (await lab.shell('systemctl --version')).split('\n', 1)[0];
    const text = `${JSON.stringify({ recordedFrom, ...answers }, undefined, 1)}\n`;
    if (process.env['RECORD']) writeFileSync(file, text);
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  test('describes itself in the same form where it is PID 1, with much that machined has not', async () => {
    const systemd = 'org.freedesktop.systemd1 /org/freedesktop/systemd1';
    // busctl ends it with a line break of its own.
    const document = (await lab.shell(`busctl introspect --xml-interface ${systemd}`)).replace(/\n$/, '');
    const interfaces = parseIntrospection(document);
    const children = [...document.matchAll(/^ <node name="(.*)"\/>$/gm)].map(([, child]) => child as string);
    expect(document).toContain('systemd1.Privileged');
    expect(introspectObject(interfaces.map(introspectInterface), children)).toBe(
      // What one method of systemd has and no interface here.
      document.replace('   <annotation name="org.freedesktop.DBus.Method.NoReply" value="true"/>\n', ''),
    );
  });

  describe('and the tree, on the same bus', () => {
    let bus: Bus;

    beforeAll(async () => {
      bus = await connectBus(address());
      const tree = recordedTree({ later: false, log: false });
      const log = { logLevel: 6, logTarget: 'console', syslogIdentifier: 'systemd-machined' } as const;
      tree.add(logControlPath, logControlInterface({ ...log }));
      bus.serve((call) => tree.answer(call));
      await bus.requestName(ours);
      await lab.shell(
        `busctl set-property ${service} ${logControlPath} org.freedesktop.LogControl1 LogTarget s console`,
      );
    });

    afterAll(() => bus?.close());

    const get = 'org.freedesktop.DBus.Properties.Get';
    const log = `${logControlPath} org.freedesktop.LogControl1`;
    test.each([
      'busctl tree NAME',
      'busctl tree --list NAME',
      ...['/', '/org', root, `${root}/machine`, `${root}/machine/f_2d2`, `${root}/nope`, logControlPath].flatMap(
        (path) => [
          `busctl introspect --xml-interface NAME ${path}`,
          `gdbus introspect --system --xml --dest NAME --object-path ${path}`,
        ],
      ),
      `busctl introspect NAME ${root}`,
      `busctl introspect NAME ${root}/machine`,
      `busctl introspect NAME ${logControlPath}`,
      `gdbus introspect --system --recurse --only-properties --dest NAME --object-path ${logControlPath}`,
      `busctl get-property NAME ${root}/machine/_32x ${service}.Machine Name`,
      `busctl get-property NAME ${root}/machine/_32x ${service}.Machine Nope`,
      `busctl --json=short call NAME ${root} org.freedesktop.DBus.Properties GetAll s ""`,
      `busctl call NAME ${root} ${service}.Manager GetMachine u 5`,
      `busctl call NAME ${root} ${service}.Manager Nope`,
      `busctl call NAME /nope ${service}.Manager GetMachine s x`,
      `gdbus call --system --dest NAME --object-path ${root} --method ${get} ${service}.Manager PoolUsage`,
      `gdbus call --system --dest NAME --object-path ${root} --method ${service}.Manager.GetMachine`,
      `gdbus call --system --dest NAME --object-path ${root} --method ${service}.Nope.Nope`,
      `gdbus call --system --dest NAME --object-path /nope --method org.freedesktop.DBus.Peer.Ping`,
      `dbus-send --system --print-reply=literal --dest=NAME ${root} org.freedesktop.DBus.ObjectManager.GetManagedObjects`,
      `busctl set-property NAME ${root} ${service}.Manager PoolPath s x`,
      ...['debug', '4', 'loud'].map((level) => `busctl set-property NAME ${log} LogLevel s ${level}`),
      `busctl get-property NAME ${log} LogLevel`,
      `setpriv --reuid=65534 --clear-groups busctl set-property NAME ${log} LogLevel s debug`,
      `setpriv --reuid=65534 --clear-groups busctl get-property NAME ${log} LogLevel`,
    ])('%s: the same', async (command) => {
      const run = async (name: string) => {
        const { status, stdout, stderr } = await lab.run('bash', '-c', command.replace('NAME', name));
        return { status, stdout: stdout.replaceAll(name, 'NAME'), stderr: stderr.replaceAll(name, 'NAME') };
      };
      const theirs = await run(service);
      expect(theirs.stdout + theirs.stderr || 'nothing').not.toContain('not found');
      expect(unnamed(await run(ours))).toEqual(unnamed(theirs));
    });
  });

  // The service's name is the beginning of the interfaces' names too.
  const unnamed = <T>(result: T): T => JSON.parse(JSON.stringify(result).replaceAll(service, 'NAME')) as T;
});
