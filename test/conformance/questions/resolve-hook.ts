import { calls, message, type Question } from '../question.ts';

type Key = readonly [name: unknown, type: unknown, dnsClass?: unknown];
const A = 1;
const PTR = 12;
const AAAA = 28;

const resolve = (parameters: unknown) => message('io.systemd.Resolve.Hook.ResolveRecord', parameters);
const ask = (...keys: readonly Key[]) =>
  resolve({
    question: keys.map(([name, type, dnsClass]) => ({
      key: { ...(dnsClass === undefined ? {} : { class: dnsClass }), type, name },
    })),
  });
const hook = (area: string, texts: readonly string[]): Question[] => calls(`hook ${area}`, 'hook', texts);

const labels = (...lengths: readonly number[]): string => lengths.map((length) => 'a'.repeat(length)).join('.');

const names: readonly unknown[] = [
  ...['', '.', '..', '.c1', 'c1..', 'a..b', 'nope', 'c2', 'c', 'example', '.host', 'host', 'localhost', '_c1', '-c1'],
  ...['c1 ', 'c\t1', 'cä', 'xn--bcher-kva', 'bücher', 'c\\049', '\\0991', 'c1\\', 'c1\\1', 'c1\\x', 'c\\256'],
  ...['c\\000', 'c\\.1', labels(63), labels(64), `${labels(64)}.c1`, labels(49, 49, 49, 49, 49, 3)],
  ...[labels(49, 49, 49, 49, 49, 4), null, 5, ['c1'], '7.8.9.77.in-addr.arpa', 'in-addr.arpa', 'arpa'],
];

/** Machines' names, spelled otherwise. */
const spellings = ['C1', 'c1.', 'C1.', 'web.example', 'WEB.EXAMPLE', 'Web.Example.'];
const below = ['www.c1', 'www.Web.Example', '*.c1', '_dns.c1', `${labels(63)}.c1`, 'a.b.c.d.many', 'www.guest'];
const reversed = ['7.8.9.10.in-addr.arpa', '3.100.51.198.in-addr.arpa', '2.0.2.10.in-addr.arpa'];

/** Numbers that are a type or a class, or are none. */
const numbers: readonly unknown[] = [0, 2, 15, 255, 256, 65535, 65536, -1, 1.5, '1', 'A', true, [], 2 ** 40];

/** What systemd-resolved asks of a hook. Which names it is to ask for, the filter, comes in any order. */
export const resolveHookQuestions: readonly Question[] = [
  ...hook(
    'address',
    ['c1', 'many', 'mapped', 'bare', 'low', 'a-1', 'a-name-that-just-about-fits', 'Web.Example'].flatMap((name) => [
      ask([name, A]),
      ask([name, AAAA]),
      ask([name, A], [name, AAAA]),
      ask([name, AAAA], [name, A]),
    ]),
  ),
  ...hook(
    'choice',
    ['bridged', 'local', 'fallback'].map((name) => ask([name, A])),
  ),
  ...hook(
    'link-local',
    ['bridged', 'local', 'fallback'].map((name) => ask([name, AAAA])),
  ),
  ...hook(
    'name',
    names.map((name) => ask([name, A])),
  ),
  ...hook(
    'spelling',
    spellings.map((name) => ask([name, A])),
  ),
  ...hook(
    'below',
    below.map((name) => ask([name, A])),
  ),
  ...hook(
    'below',
    ['www.c1', 'www.many'].map((name) => ask([name, AAAA], [name, A])),
  ),
  ...hook(
    'network',
    ['plain', 'guest', 'sub'].flatMap((name) => [ask([name, A]), ask([name, AAAA]), ask(['c1', A], [name, A])]),
  ),
  ...hook(
    'no address asked',
    ['plain', 'guest', 'sub', 'c1'].flatMap((name) => [15, 16, PTR, 255].map((type) => ask([name, type]))),
  ),
  ...hook(
    'reverse',
    reversed.map((name) => ask([name, PTR])),
  ),
  ...hook(
    'type',
    numbers.map((type) => ask(['c1', type])),
  ),
  ...hook(
    'class',
    [1, ...numbers].map((dnsClass) => ask(['a-1', A, dnsClass])),
  ),
  ...hook('class null', [ask(['many', A, null])]),
  ...hook('foreign', [ask(['nope', 65535]), ask(['nope', A, 3])]),
  ...hook('several', [
    ask(['mapped', A], ['many', AAAA]),
    ask(['nope', A], ['mapped', A]),
    ask(['mapped', A], ['nope', A]),
    ask(['mapped', A], ['mapped', A]),
    ask(['mapped', A], ['mapped', A, 1], ['mapped', 15]),
    ask(['mapped', A], ['MAPPED', A]),
    ask(['mapped', A], ['www.mapped', A]),
    ask(['mapped', A], ['a..b', A]),
    ask(['nope', A], ['nope', AAAA]),
    ask(['mapped', 15], ['nope', A]),
    ask(['mapped', A, 3], ['nope', A]),
    ask(['bücher', A], ['xn--bcher-kva', A]),
    ask(...Array<Key>(128).fill(['mapped', A])),
    ask(...Array<Key>(129).fill(['mapped', A])),
  ]),
  ...hook('faults', [
    message('io.systemd.Resolve.Hook.ResolveRecord'),
    resolve({}),
    resolve({ question: null }),
    resolve({ question: [] }),
    resolve({ question: {} }),
    resolve({ question: 'c1' }),
    resolve({ question: [null] }),
    resolve({ question: [[]] }),
    resolve({ question: [{}] }),
    resolve({ question: [{ key: null }] }),
    resolve({ question: [{ key: {} }] }),
    resolve({ question: [{ key: { name: 'c1' } }] }),
    resolve({ question: [{ key: { type: A } }] }),
    resolve({ question: [{ key: { name: 'c1', type: A, foo: 1 } }] }),
    resolve({ question: [{ key: { name: 'c1', type: A }, foo: 1 }] }),
    resolve({ question: [{ key: { name: 'mapped', type: A } }], foo: 1 }),
    message('io.systemd.Resolve.Hook.QueryFilter', { foo: 1 }),
    message('io.systemd.Resolve.Hook.Nope'),
  ]),
  ...hook('flags', [
    message(
      'io.systemd.Resolve.Hook.ResolveRecord',
      { question: [{ key: { name: 'mapped', type: A } }] },
      { more: true },
    ),
    message(
      'io.systemd.Resolve.Hook.ResolveRecord',
      { question: [{ key: { name: 'nope', type: A } }] },
      { more: true },
    ),
    message(
      'io.systemd.Resolve.Hook.ResolveRecord',
      { question: [{ key: { name: 'mapped', type: A } }] },
      { oneway: true },
    ),
  ]),
];
