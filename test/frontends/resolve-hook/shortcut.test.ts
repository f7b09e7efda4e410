import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';
import { mutated } from '../../support/mutate.ts';
import { projectRoot } from '../../support/project-root.ts';
import { BothWays } from '../../varlink/one-read.ts';
import { A, AAAA, MX, PTR, TestHook } from './test-hook.ts';

let hook: TestHook;
let both: BothWays;
beforeEach(() => {
  hook = new TestHook();
  hook.add('web', ['10.0.0.1 global 2', '10.0.0.2 global 2', 'fd00::1 global 2']);
  hook.add('db.example', ['10.0.0.3 global 2']);
  hook.add('bare');
  hook.add('guest', [], { class: 'vm' });
  hook.add('c1', ['10.9.8.7 global 2', 'fd00::7 global 2']);
  both = new BothWays(hook.implementation);
});
afterEach(() => hook.close());

type Key = readonly [name: string, type: number, dnsClass?: number];

function call(...keys: readonly Key[]): Buffer {
  const question = keys.map(([name, type, dnsClass = 1]) => ({ key: { class: dnsClass, type, name } }));
  return Buffer.from(
    `${JSON.stringify({ method: 'io.systemd.Resolve.Hook.ResolveRecord', parameters: { question } })}\0`,
  );
}

/** Whether the shortcut answers. What it answers must be what the handler would have. */
function isShort(bytes: Buffer): boolean {
  const { short, full } = both.ask(bytes);
  expect(short, bytes.toString('latin1')).toEqual(full);
  return hook.implementation.shortcut?.(bytes) !== undefined;
}

describe('the shortcut of io.systemd.Resolve.Hook', () => {
  test('takes the usual questions, those of systemd-resolved among them', () => {
    expect(isShort(call(['web', A], ['web', AAAA]))).toBe(true);
    expect(isShort(call(['web', A]))).toBe(true);
    expect(isShort(call(['WEB.', AAAA]))).toBe(true);
    expect(isShort(call(['web', MX]))).toBe(true);
    expect(isShort(call(['nobody', A], ['nobody', AAAA]))).toBe(true);
    expect(isShort(call(['1.0.0.10.in-addr.arpa', PTR]))).toBe(true);
    const { exchanges } = JSON.parse(readFileSync(`${projectRoot}/fixtures/systemd-262/resolve-hook.json`, 'utf8'));
    for (const { question } of exchanges as { question: { send: string[] } }[]) {
      for (const text of question.send) isShort(Buffer.from(`${text}\0`));
    }
  });

  test('leaves everything else to the handler', () => {
    const usual = call(['web', A]).toString();
    for (const bytes of [
      call(),
      call(['a..b', A]),
      call(['wéb', A]),
      call(['web', A, 3]),
      call(['web', 65536]),
      call(['web', -1]),
      call(...Array<Key>(129).fill(['web', A])),
      Buffer.from(usual.replace('"class":1,', '')),
      Buffer.from(usual.replace('}}', '},"more":true}')),
      Buffer.from(usual.replace('}}]', '}},]')),
      Buffer.from(usual.replace('\0', '')),
      Buffer.from(`${usual}${usual}`),
    ]) {
      expect(isShort(bytes), bytes.toString()).toBe(false);
    }
  });

  test('says what the handler says, whatever is asked and whatever has changed since', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'web',
        'WEB',
        'web.',
        'db.example',
        'www.web',
        'bare',
        'guest',
        'nobody',
        '1.0.0.10.in-addr.arpa',
      ),
      fc.domain(),
      fc.string(),
    );
    const type = fc.oneof(fc.constantFrom(A, AAAA, PTR), fc.integer({ min: -1, max: 65_536 }));
    const question = fc.array(fc.tuple(name, type, fc.constantFrom(1, 1, 1, 3)), { maxLength: 4 });
    let taken = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(question, fc.nat({ max: 9 })), { minLength: 1, maxLength: 20 }), (steps) => {
        for (const [keys, last] of steps) {
          if (isShort(call(...keys))) taken++;
          const addresses = [sampleAddress(`10.0.0.${last} global 2`), sampleAddress('fd00::1 global 2')];
          hook.registry.update(parseMachineName('web'), (machine) => ({
            ...machine,
            facts: { ...machine.facts, addresses },
          }));
        }
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  test('has what is not live read again, as the handler does, each time', () => {
    hook.implementation.shortcut?.(call(['c1', A], ['nobody', A]));
    expect(hook.refreshed).toEqual(['c1']);
    for (let times = 2; times < 5; times++) {
      hook.implementation.shortcut?.(call(['web', A]));
      expect(hook.refreshed).toHaveLength(times);
    }
  });

  test('never gives a reply that a change has made wrong', () => {
    const questions = [call(['web', A]), call(['web', A], ['web', AAAA]), call(['minikube', A]), call(['own', A])];
    const replies = () => questions.map((bytes) => hook.implementation.shortcut?.(bytes)?.toString());
    const seen = new Set<string>();
    const steps: (() => void)[] = [
      () => {},
      () => hook.add('minikube', ['10.0.0.4 global 2']),
      () => hook.registry.remove(parseMachineName('minikube')),
      () => hook.add('qemu-1-minikube', ['10.0.0.5 global 2']),
      () => hook.callItself('c1', 'own'),
      () => hook.callItself('c1', undefined),
      () => hook.registry.remove(parseMachineName('web')),
      () => hook.add('web', ['10.0.0.6 global 2']),
    ];
    for (const step of steps) {
      step();
      for (const bytes of [...questions, ...questions]) expect(isShort(bytes)).toBe(true);
      seen.add(replies().join());
    }
    // Without the name that it gave itself all is as it was before.
    expect(seen.size).toBe(steps.length - 2);
  });

  test('says what the handler says to 10,000 damaged questions', () => {
    let seed = 1;
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % limit;
    };
    const questions = [call(['web', A]), call(['web', A], ['web', AAAA]), call(['db.example', AAAA])];
    for (let n = 0; n < 10_000; n++) isShort(mutated(questions[n % questions.length] as Buffer, random));
  });
});
