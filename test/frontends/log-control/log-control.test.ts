import { beforeEach, describe, expect, test } from 'vitest';
import { introspectObject } from '../../../src/dbus/objects/introspection.ts';
import { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { type LogControl, logControlInterface, logControlPath } from '../../../src/frontends/log-control/handlers.ts';
import { answerOf } from '../../dbus/connection/answer.ts';
import { recorded, recordedDocument } from '../../dbus/objects/recorded-objects.ts';

const name = 'org.freedesktop.LogControl1';
const properties = { path: logControlPath, interface: 'org.freedesktop.DBus.Properties' };

function example(logTarget: LogControl['logTarget'] = 'journal') {
  const control: LogControl = { logLevel: 6, logTarget, syslogIdentifier: 'mymachines' };
  const tree = new ObjectTree({ machineId: '', uid: 0 });
  tree.add(logControlPath, logControlInterface(control));
  const get = (property: string) =>
    answerOf(tree, { ...properties, member: 'Get', signature: 'ss', body: [name, property] });
  const set = (property: string, value: string) =>
    answerOf(tree, {
      ...properties,
      member: 'Set',
      signature: 'ssv',
      body: [name, property, { signature: 's', value }],
    });
  return { control, tree, get, set };
}

const done = { signature: '', body: [] };
const text = (value: string) => ({ signature: 'v', body: [{ signature: 's', value }] });

describe('the log of a service', () => {
  // One after another: some of them ask for what those before them have set.
  test('answers and is set as in systemd-machined, by whom it may be', async () => {
    const { tree } = example();
    expect(recorded.log.length).toBeGreaterThan(60);
    for (const { question, reply } of recorded.log) {
      expect(await answerOf(tree, question), JSON.stringify(question)).toEqual(reply);
    }
  });

  test('is described as in systemd-machined', () => {
    const { introspection } = logControlInterface(example().control);
    expect(introspectObject([introspection], [])).toBe(recordedDocument(logControlPath));
  });

  test('has its level from the daemon, and gives it one', async () => {
    const { control, get, set } = example();
    control.logLevel = 4;
    expect(await get('LogLevel')).toEqual(text('warning'));
    expect(await set('LogLevel', 'debug')).toEqual(done);
    expect(control.logLevel).toBe(7);
    expect(await set('LogLevel', 'loud')).toHaveProperty('error');
    expect(control.logLevel).toBe(7);
  });

  test('has the name under which the journal has it', async () => {
    expect(await example().get('SyslogIdentifier')).toEqual(text('mymachines'));
  });
});

describe.each([
  ['journal', 'console'],
  ['console', 'journal'],
] as const)('a log that goes to the %s', (target, other) => {
  let log: ReturnType<typeof example>;
  beforeEach(() => {
    log = example(target);
  });

  test('says so', async () => {
    expect(await log.get('LogTarget')).toEqual(text(target));
  });

  test.each([target, 'auto'])('can be sent to %s, where it goes', async (same) => {
    expect(await log.set('LogTarget', same)).toEqual(done);
    expect(await log.get('LogTarget')).toEqual(text(target));
  });

  test.each([other, ...['console-prefixed', 'kmsg', 'journal-or-kmsg', 'syslog', 'syslog-or-kmsg', 'null']])(
    'cannot be sent to %s',
    async (elsewhere) => {
      expect(await log.set('LogTarget', elsewhere)).toEqual({
        error: 'org.freedesktop.DBus.Error.NotSupported',
        text: `The log goes to '${target}' and cannot be sent to '${elsewhere}' instead.`,
      });
      expect(await log.get('LogTarget')).toEqual(text(target));
    },
  );
});
