import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { description } from '../../../src/frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { compileCheck, parseInterface, VarlinkError } from '../../../src/varlink/index.ts';
import { A, AAAA, PTR, type Reply, TestHook } from './test-hook.ts';
import { readWireRecord } from './wire-record.ts';

const hook = new TestHook();
afterAll(() => hook.close());

test('answers any question whole, with what was asked for and nothing else', () => {
  hook.add('web', ['10.0.0.1 global 2', '10.0.0.2 global 2', 'fd00::1 global 2']);
  hook.add('db.example', ['10.0.0.3 global 2']);
  hook.add('bare');
  hook.add('guest', [], { class: 'vm' });
  hook.add('ai', ['fe80::4 link 2']);
  const definition = parseInterface(description);
  const method = definition.members.find((member) => member.kind === 'method' && member.name === 'ResolveRecord');
  if (method?.kind !== 'method') throw new Error('no method');
  const check = compileCheck(definition, method.output, { unknownFields: 'refuse' });
  const known = fc.constantFrom('web', 'WEB', 'db.example', 'www.ai', 'ai', 'bare', 'guest', '1.0.0.10.in-addr.arpa');
  const name = fc.oneof(known, fc.domain(), fc.ipV4(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[a.\\01]*$/));
  const number = fc.oneof(fc.constantFrom(A, AAAA, PTR, 1), fc.integer(), fc.double(), fc.constant(null));
  const question = fc.array(
    fc.record({ key: fc.record({ name, type: number, class: number }, { requiredKeys: ['name', 'type'] }) }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: question }, fc.jsonValue()), (value) => {
      const parameters = { question: value };
      const reply = hook.resolve(JSON.parse(JSON.stringify(parameters)));
      if (reply instanceof VarlinkError) {
        expect(reply.error).toBe('org.varlink.service.InvalidParameter');
        expect(String(reply.parameters['parameter'])).toMatch(/^question(\[\d\]\.key\.(name|type|class))?$/);
        return;
      }
      if ('fault' in (reply as object)) return;
      expect(check(reply as Record<string, unknown>)).toBeUndefined();
      const { rcode, answer = [] } = reply as Reply;
      expect([0, undefined]).toContain(rcode);
      const names = (value as { key: { name: string } }[]).map(({ key: { name } }) =>
        name.toLowerCase().replace(/\.$/, ''),
      );
      for (const { raw } of answer) expect(names).toContain(readWireRecord(raw).name.toLowerCase());
    }),
    { numRuns: 2000 },
  );
});
