import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOf } from '../connection/answer.ts';
import type { JsonValue, Question } from './question.ts';
import { recordedTree } from './recorded-objects.ts';

// Whatever is called, the answer is a reply or an error with a name: anything else would be thrown.

const odd = ['__proto__', 'constructor', 'toString', '', '_', 'a', 'Name', 'PoolPath', 'Get', 'GetAll', 'Set', '.host'];
const paths = ['/', '/org', '/org/freedesktop/machine1', '/org/freedesktop/LogControl1'];
const standard = ['Peer', 'Properties', 'Introspectable', 'ObjectManager'].map(
  (name) => `org.freedesktop.DBus.${name}`,
);
const interfaces = [...standard, 'org.freedesktop.machine1.Manager', 'org.freedesktop.machine1.Machine', ...odd];

const element = fc.oneof(
  fc.constantFrom('a', '_2ehost', ...odd.filter((name) => /^\w+$/.test(name))),
  fc.stringMatching(/^\w+$/),
);
const path = fc.oneof(
  fc.constantFrom(...paths),
  element.map((name) => `/org/freedesktop/machine1/machine/${name}`),
  fc.array(element, { maxLength: 5 }).map((elements) => `/${elements.join('/')}`),
);
const text = fc.oneof(fc.constantFrom(...interfaces), fc.string({ unit: 'binary', maxLength: 20 }));
const value: fc.Arbitrary<readonly [signature: string, value: JsonValue]> = fc.oneof(
  text.map((each) => ['s', each] as const),
  fc.nat().map((each) => ['u', each] as const),
  fc.array(text, { maxLength: 3 }).map((each) => ['as', each] as const),
  text.map((each) => ['(s)', [each]] as const),
  text.map((each) => ['v', { signature: 's', value: each }] as const),
  fc.nat().map((each) => ['v', { signature: 'u', value: each }] as const),
);
const question: fc.Arbitrary<Question> = fc
  .record({
    path,
    interface: fc.option(fc.oneof(fc.constantFrom(...standard), fc.constantFrom(...interfaces)), { nil: undefined }),
    member: fc.oneof(fc.constantFrom('Get', 'GetAll', 'Set', 'Introspect', 'Ping'), element),
    values: fc.array(value, { maxLength: 4 }),
  })
  .map(({ interface: name, values, ...rest }) => ({
    ...rest,
    ...(name === undefined ? {} : { interface: name }),
    signature: values.map(([signature]) => signature).join(''),
    body: values.map(([, each]) => each),
  }));

test.each([false, true])('any call has an answer, with objects found later: %s', async (later) => {
  const tree = recordedTree({ later });
  let replies = 0;
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const reply = await answerOf(tree, asked);
      if ('body' in reply) replies += 1;
      else expect(reply.error).toMatch(/^org\.freedesktop\.DBus\.Error\.[A-Z]\w+$/);
    }),
    { numRuns: 3000 },
  );
  expect(replies).toBeGreaterThan(5);
});
