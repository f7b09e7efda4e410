import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { description } from '../../../src/frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { compileCheck, parseInterface, VarlinkError } from '../../../src/varlink/index.ts';
import { randomNumbers } from '../../conformance/random-questions.ts';
import { projectRoot } from '../../support/project-root.ts';
import { A, AAAA, PTR, type Reply, TestHook } from './test-hook.ts';
import { readWireRecord } from './wire-record.ts';

const hook = new TestHook();
afterAll(() => hook.close());

hook.add('web', ['10.0.0.1 global 2', '10.0.0.2 global 2', 'fd00::1 global 2']);
hook.add('db.example', ['10.0.0.3 global 2']);
hook.add('bare');
hook.add('guest', [], { class: 'vm' });
hook.add('ai', ['fe80::4 link 2']);
// Of the recorded questions.
hook.add('c1', ['10.9.8.7 global 2', 'fd00::7 global 2']);
hook.add('mapped', ['198.51.100.3 global 2', '2001:db8::3 global 2']);

const definition = parseInterface(description);
const method = definition.members.find((member) => member.kind === 'method' && member.name === 'ResolveRecord');
if (method?.kind !== 'method') throw new Error('no method');
const check = compileCheck(definition, method.output, { unknownFields: 'refuse' });

/** Asks; what comes must be an answer to what was asked, or say what is wrong with it. True for records. */
function ask(parameters: Record<string, unknown>): boolean {
  const reply = hook.resolve(parameters);
  if (reply instanceof VarlinkError) {
    expect(reply.error).toBe('org.varlink.service.InvalidParameter');
    expect(String(reply.parameters['parameter'])).toMatch(/^question(\[\d+\]\.key\.(name|type|class))?$/);
    return false;
  }
  if ('fault' in (reply as object)) return false;
  expect(check(reply as Record<string, unknown>)).toBeUndefined();
  const { rcode, answer = [] } = reply as Reply;
  expect([0, undefined]).toContain(rcode);
  const { question } = parameters as { question: { key: { name: string } }[] };
  const names = question.map(({ key: { name } }) => name.toLowerCase().replace(/\.$/, ''));
  for (const { raw } of answer) expect(names).toContain(readWireRecord(raw).name.toLowerCase());
  return answer.length > 0;
}

test('answers any question whole, with what was asked for and nothing else', () => {
  const known = fc.constantFrom('web', 'WEB', 'db.example', 'www.ai', 'ai', 'bare', 'guest', '1.0.0.10.in-addr.arpa');
  const name = fc.oneof(known, fc.domain(), fc.ipV4(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[a.\\01]*$/));
  const number = fc.oneof(fc.constantFrom(A, AAAA, PTR, 1), fc.integer(), fc.double(), fc.constant(null));
  const question = fc.array(
    fc.record({ key: fc.record({ name, type: number, class: number }, { requiredKeys: ['name', 'type'] }) }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: question }, fc.jsonValue()), (value) => {
      ask(JSON.parse(JSON.stringify({ question: value })));
    }),
    { numRuns: 2000 },
  );
});

test('answers 100,000 recorded questions with something changed in each', () => {
  const recorded = JSON.parse(readFileSync(`${projectRoot}/fixtures/systemd-262/resolve-hook.json`, 'utf8'));
  const messages: string[] = recorded.exchanges.map(
    ({ question }: { question: { send: string[] } }) => question.send[0],
  );
  const short = messages.filter((text) => text.includes('ResolveRecord') && text.length < 2000);
  const random = randomNumbers(20261121);
  const below = (count: number): number => Math.floor(random() * count);
  let [asked, found] = [0, 0];
  for (let n = 0; n < 100_000; n++) {
    const text = short[n % short.length] as string;
    const at = below(text.length);
    const piece = ['', '', '.', '\\', '"', '0', 'A', '-', 'ä', '{', '[', text.slice(at, at + below(20))][
      below(12)
    ] as string;
    const changed = text.slice(0, at) + piece + text.slice(at + below(3));
    let message: { parameters?: unknown };
    try {
      message = JSON.parse(changed);
    } catch {
      continue;
    }
    asked++;
    if (ask((message.parameters ?? {}) as Record<string, unknown>)) found++;
  }
  expect(asked).toBeGreaterThan(20_000);
  expect(found).toBeGreaterThan(1000);
});
