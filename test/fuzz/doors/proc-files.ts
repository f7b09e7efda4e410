import { readFileSync } from 'node:fs';
import { isId, lineOfInside, parseIdMap, toHost, toMachine } from '../../../src/machine/id-map.ts';
import {
  ProcFormatError,
  parseFibTrie,
  parseIfInet6,
  parseIgmp,
  parseRoutes,
} from '../../../src/sources/kernel/addresses/proc-format.ts';
import { projectRoot } from '../../support/project-root.ts';
import type { Door } from '../door.ts';
import { must, textDoor } from '../text-door.ts';

/** /proc/PID/uid_map: the kernel writes it, but whoever makes the namespace chooses what. */
export const idMaps: Door = textDoor(
  'uid-map',
  'a container chooses its id map: every id goes out and back, or nowhere',
  {
    map: {
      samples: ['         0     100000      65536\n', '0 1000 1\n1 100000 999\n1000 1001 64535\n', '0 0 4294967295\n'],
      refusals: [SyntaxError],
      read(text) {
        const map = parseIdMap(text);
        for (const { inside, outside, count } of map) {
          must(
            count > 0 && inside + count <= 0xffff_ffff && outside + count <= 0xffff_ffff,
            `${inside} ${outside} ${count}`,
          );
          for (const id of [inside, inside + count - 1]) {
            const host = toHost(map, id);
            must(lineOfInside(map, id) !== undefined && (host === undefined || isId(host)), `${id} is ${host}`);
            const back = host === undefined ? undefined : toMachine(map, host);
            // Two lines may have one number outside: then it is one of the two that is told.
            must(back === undefined || toHost(map, back) === host, `${id} is ${host}, which is ${back}`);
          }
        }
      },
    },
  },
);

const captured = (name: string): string[] => [
  readFileSync(`${projectRoot}/fixtures/proc/network/4711/net/${name}`, 'latin1'),
];
const refusals = [ProcFormatError];

export const procNet: Door = textDoor('proc-net', 'a container chooses the names and addresses in its /proc/net', {
  fib_trie: {
    samples: captured('fib_trie'),
    refusals,
    read(text) {
      for (const { address, prefixLength } of parseFibTrie(text)) {
        must(
          Number.isInteger(address) && address >>> 0 === address && prefixLength <= 32,
          `${address}/${prefixLength}`,
        );
      }
    },
  },
  if_inet6: {
    samples: captured('if_inet6'),
    refusals,
    read(text) {
      for (const { bytes, prefixLength, interfaceIndex } of parseIfInet6(text)) {
        must(bytes.length === 16 && prefixLength <= 128 && interfaceIndex >= 0, `${bytes}/${prefixLength}`);
      }
    },
  },
  route: {
    samples: captured('route'),
    refusals,
    read(text) {
      for (const { destination, prefixLength } of parseRoutes(text)) {
        must(destination >>> 0 === destination && prefixLength <= 32, `${destination}/${prefixLength}`);
      }
    },
  },
  igmp: {
    samples: captured('igmp'),
    refusals,
    read(text) {
      for (const [name, index] of parseIgmp(text)) must(name !== '' && index >= 0, `${name} is ${index}`);
    },
  },
});
