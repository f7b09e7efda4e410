import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeAddresses } from '../../src/resolver/address-choice.ts';
import { sampleAddress } from './sample-address.ts';

/** What is made of these lines, in order, each as `VERDICT LINE`. */
function judged(lines: readonly string[], registered: readonly number[] = []): string[] {
  const addresses = lines.map(sampleAddress);
  return judgeAddresses(addresses, registered).map(
    ({ address, verdict }) => `${verdict} ${lines[addresses.indexOf(address)]}`,
  );
}

const chosen = (lines: readonly string[], registered: readonly number[] = []): string[] =>
  judged(lines, registered).flatMap((line) => (line.startsWith('chosen ') ? line.slice(7) : []));

describe('the addresses worth telling', () => {
  test.each([
    ['deprecated', '10.0.0.1 global 2 host:7 deprecated'],
    ['tentative', 'fd00::1 global 2 host:7 tentative'],
    ['host-scope', '127.0.0.1 host 1'],
    ['host-scope', '::1 host 1'],
    ['host-scope', '10.0.0.1 nowhere 2'],
  ])('are none that are %s', (verdict, line) => {
    expect(judged([line])).toEqual([`${verdict} ${line}`]);
    // Nor does it keep a lesser one out.
    const lesser = line.includes(':') && !line.startsWith('1') ? 'fe80::9 link 3' : '169.254.0.9 link 3';
    expect(judged([line, lesser])).toEqual([`chosen ${lesser}`, `${verdict} ${line}`]);
  });

  test('come IPv4 first, then by scope, interface and bytes, each once', () => {
    expect(
      judged([
        'fd00::2 global 3',
        'fd00::3 global 2',
        'fec0::1 site 2',
        '10.0.0.200 global 2',
        '192.168.0.1 global 1',
        '10.0.0.9 global 2',
        '10.0.0.9 global 2',
        '10.0.0.9 global 3',
      ]),
    ).toEqual([
      'chosen 192.168.0.1 global 1',
      'chosen 10.0.0.9 global 2',
      'chosen 10.0.0.200 global 2',
      'chosen 10.0.0.9 global 3',
      'chosen fd00::3 global 2',
      'chosen fd00::2 global 3',
      'chosen fec0::1 site 2',
      'duplicate 10.0.0.9 global 2',
    ]);
  });

  test('are not those of bridges inside, where there is one on a link to the host (systemd#19253)', () => {
    expect(
      judged([
        '127.0.0.1 host 1',
        '172.17.0.1 global 2',
        '10.1.0.2 global 3 host:7',
        '::1 host 1',
        'fe80::17 link 2',
        'fe80::2 link 3 host:7',
      ]),
    ).toEqual([
      'chosen 10.1.0.2 global 3 host:7',
      'chosen fe80::2 link 3 host:7',
      'inner-link 172.17.0.1 global 2',
      'host-scope 127.0.0.1 host 1',
      'inner-link fe80::17 link 2',
      'host-scope ::1 host 1',
    ]);
  });

  test('are those that reach further than a link, where there is one as near (systemd#20724)', () => {
    // The kernel takes 169.254.3.4 for as good as any, unless told otherwise.
    expect(judged(['169.254.3.4 global 2 host:7', '192.168.0.5 global 2 host:7'])).toEqual([
      'chosen 192.168.0.5 global 2 host:7',
      'link-local 169.254.3.4 global 2 host:7',
    ]);
    expect(judged(['10.0.0.3 link 2', '192.168.0.5 global 3', 'fe80::1 link 2', 'febf::1 link 2'])).toEqual([
      'chosen 192.168.0.5 global 3',
      'chosen fe80::1 link 2',
      'chosen febf::1 link 2',
      'link-local 10.0.0.3 link 2',
    ]);
  });

  test('are all of those of which none is better', () => {
    // Nearer, but not as far; further, but not as near.
    const both = ['fe80::2 link 3 host:7', 'fd00::17 global 2'];
    expect(chosen(both)).toEqual(both);
    expect(chosen(['169.254.0.9 global 2', ...both])).toEqual(['169.254.0.9 global 2', ...both]);
  });

  test('begin with those on interfaces that were registered', () => {
    const lines = ['10.0.0.1 global 2 host:7', '10.0.0.2 global 3 host:8', 'fd00::1 global 2 host:7'];
    expect(chosen(lines)).toEqual(lines);
    expect(chosen(lines, [5, 8])).toEqual([lines[1], lines[0], lines[2]]);
    // As near as any other of the host's: it keeps nothing out.
    expect(chosen(['169.254.0.1 link 2 host:7', '10.0.0.1 global 3 host:8'], [7])).toEqual([
      '10.0.0.1 global 3 host:8',
    ]);
  });

  describe('whatever there is', () => {
    const lines = fc.array(
      fc
        .tuple(
          fc.constantFrom('10.0.0.1', '10.0.0.2', '169.254.1.1', 'fd00::1', 'fe80::1'),
          fc.constantFrom('global', 'link', 'host'),
          // An interface leads to one place.
          fc.constantFrom('1', '2 host:7', '3 host:8', '4'),
          fc.constantFrom('', ' tentative', ' deprecated'),
        )
        .map(([address, scope, place, flag]) => `${address} ${scope} ${place}${flag}`),
      { maxLength: 12 },
    );

    test('are the same in whatever order they are known, and the list given stays as it was', () => {
      fc.assert(
        fc.property(lines, fc.infiniteStream(fc.nat()), (all, order) => {
          const given = Object.freeze(all.map(sampleAddress));
          const shuffled = given.map((one) => ({ one, at: order.next().value })).sort((a, b) => a.at - b.at);
          const verdicts = judgeAddresses(given, [7]);
          const again = judgeAddresses(
            shuffled.map(({ one }) => one),
            [7],
          );
          const plain = ({ verdict, address }: (typeof verdicts)[number]) => JSON.stringify({ verdict, address });
          expect(again.map(plain).sort()).toEqual(verdicts.map(plain).sort());
          const answer = (list: typeof verdicts) => list.filter(({ verdict }) => verdict === 'chosen').map(plain);
          expect(answer(again)).toEqual(answer(verdicts));
          expect(verdicts).toHaveLength(given.length);
        }),
      );
    });

    test('each that could be told is told, or there is one that is better, by the rule as it is written', () => {
      fc.assert(
        fc.property(lines, (all) => {
          const told = chosen(all);
          const usable = [...new Set(all)].filter((line) => !/tentative|deprecated| host /.test(line));
          const near = (line: string) => (line.includes('host:') ? 1 : 0);
          const far = (line: string) => (/^fe80|^169\.254| link /.test(line) ? 0 : 1);
          const family = (line: string) => line.startsWith('f');
          for (const line of usable) {
            const better = usable.some(
              (other) =>
                family(other) === family(line) &&
                near(other) >= near(line) &&
                far(other) >= far(line) &&
                near(other) + far(other) > near(line) + far(line),
            );
            expect(told.includes(line), line).toBe(!better);
          }
          expect(told.every((line) => usable.includes(line))).toBe(true);
        }),
      );
    });

    test('are systemd’s where nothing is known of links, but for link-local ones', () => {
      fc.assert(
        fc.property(lines, (all) => {
          const unknown = all.map((line) => line.replace(/ host:\d/, '')).filter((line) => !/^fe80|^169/.test(line));
          const global = unknown.filter((line) => !line.includes(' link '));
          const usable = [...new Set(global)].filter((line) => !/tentative|deprecated| host /.test(line));
          const key = (line: string) => {
            const { family, scope, interfaceIndex, bytes } = sampleAddress(line);
            return [family, String(scope).padStart(3, '0'), interfaceIndex, Buffer.from(bytes).toString('hex')].join();
          };
          expect(chosen(global)).toEqual(usable.sort((a, b) => (key(a) < key(b) ? -1 : 1)));
        }),
      );
    });
  });
});
