import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6, dumpAddresses, dumpAllAddresses } from '../../../src/linux/netlink/address.ts';
import { getLink, getLinks } from '../../../src/linux/netlink/link.ts';
import { MessageWriter } from '../../../src/linux/netlink/message.ts';
import { namespaceIdOf } from '../../../src/linux/netlink/namespace-id.ts';
import { RouteSocket } from '../../../src/linux/netlink/route-socket.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('requests to rtnetlink', () => {
  let socket: RouteSocket;
  let container: Container;
  beforeAll(async () => {
    socket = new RouteSocket();
    container = await startContainer({ addresses: ['10.9.8.7/24', 'fd00::1/64'] });
  });
  afterAll(async () => {
    socket.close();
    await stopAllContainers();
  });

  test('a namespace keeps the id that it was given', async () => {
    const id = namespaceIdOf(socket, container.pid);
    expect(id).toBeGreaterThanOrEqual(0);
    expect(namespaceIdOf(socket, container.pid)).toBe(id);
    const sibling = await startContainer({ networkOf: container });
    expect(namespaceIdOf(socket, sibling.pid)).toBe(id);
    expect(namespaceIdOf(socket, process.pid)).not.toBe(id);
  });

  test('addresses and interfaces in a namespace are those that ip(8) shows inside it', async () => {
    await container.exec('ip', 'address', 'add', '10.7.0.1/24', 'dev', 'host0', 'scope', 'link');
    await container.exec('ip', 'address', 'add', '10.5.0.1', 'peer', '10.5.0.2', 'dev', 'host0', 'preferred_lft', '0');
    const inside = JSON.parse(await container.exec('ip', '-j', '-N', 'address')) as IpLink[];
    const id = namespaceIdOf(socket, container.pid);

    const links = inside.map(({ ifindex }) => getLink(socket, id, ifindex));
    expect(links.map((link) => link?.name)).toEqual(inside.map(({ ifname }) => ifname));
    expect(getLink(socket, id, 999)).toBeUndefined();
    const host = JSON.parse(await hostIp('-j', 'link', 'show', 'dev', container.hostInterface as string)) as IpLink[];
    expect(links.at(-1)).toMatchObject({
      peerIndex: host[0]?.ifindex,
      peerNamespace: namespaceIdOf(socket, process.pid),
    });

    for (const [family, name, bytes] of [
      [AF_INET, 'inet', 4],
      [AF_INET6, 'inet6', 16],
    ] as const) {
      const { items, complete } = dumpAddresses(socket, id, family, 100);
      expect(complete).toBe(true);
      const expected = inside.flatMap(({ ifindex, addr_info }) =>
        addr_info
          .filter((info) => info.family === name)
          .map((info) => [ifindex, info.local, info.prefixlen, Number(info.scope)]),
      );
      expect(items.every((address) => address.bytes.length === bytes)).toBe(true);
      expect(items.map((a) => [a.interfaceIndex, text(a.bytes), a.prefixLength, a.scope])).toEqual(expected);
    }
  });

  test('both families, and two interfaces, can be asked for at once', () => {
    const id = namespaceIdOf(socket, container.pid);
    const each = [AF_INET, AF_INET6].map((family) => dumpAddresses(socket, id, family as typeof AF_INET, 100).items);
    expect(each.every((items) => items.length > 0)).toBe(true);
    expect(dumpAllAddresses(socket, id, 100)).toEqual(each.flat());
    // One of each is more than none of the second.
    expect(dumpAllAddresses(socket, id, 1)).toEqual(each.map(([first]) => first));
    expect(() => dumpAllAddresses(socket, 999_999, 10)).toThrow('EINVAL');

    const [index = 0] = each
      .flat()
      .map(({ interfaceIndex }) => interfaceIndex)
      .filter((number) => number !== 1);
    expect(getLinks(socket, id, [index, 1]).map((link) => link?.name)).toEqual(['host0', 'lo']);
    expect(getLinks(socket, id, [999, index]).map((link) => link?.index)).toEqual([undefined, index]);
    expect(() => getLinks(socket, 999_999, [1, 2])).toThrow('EINVAL');
    // and what was left of the second answer confuses nobody
    expect(getLinks(socket, id, [1, index]).map((link) => link?.index)).toEqual([1, index]);
  });

  test('refusals carry the words of the kernel', () => {
    expect(() => dumpAddresses(socket, 999_999, AF_INET, 10)).toThrow(
      /RTM_GETADDR of network namespace 999999 .*: EINVAL$/,
    );
    expect(() => namespaceIdOf(socket, 0x3fffffff)).toThrow(/process 1073741823.*: ESRCH$/);
    const strict = new MessageWriter(22, 0x301).u8(AF_INET).u8(24).zeros(6);
    expect(() => socket.dump(strict, 'RTM_GETADDR', 10, () => 1)).toThrow(/RTM_GETADDR .*[Ii]nvalid.*: EINVAL$/);
    // and the socket still works
    expect(getLink(socket, namespaceIdOf(socket, container.pid), 1)?.name).toBe('lo');
  });

  test('a dump stops at its limit, whatever there is more, and the next one is whole', async () => {
    const crowd = await startContainer();
    const lines = Array.from({ length: 2000 }, (_, index) => `address add 10.${index >> 8}.${index & 255}.1/32 dev lo`);
    await crowd.exec('sh', '-c', `printf '%s\\n' "$@" | ip -batch -`, 'sh', ...lines);
    const id = namespaceIdOf(socket, crowd.pid);
    const before = descriptors();
    const part = dumpAddresses(socket, id, AF_INET, 100);
    expect([part.items.length, part.complete]).toEqual([100, false]);
    const whole = dumpAddresses(socket, id, AF_INET, 2000);
    expect([whole.items.length, whole.complete]).toEqual([2000, true]);
    expect(whole.items.slice(0, 100)).toEqual(part.items);
    expect(dumpAddresses(socket, id, AF_INET, 1999).complete).toBe(false);
    expect(() =>
      socket.dump(dumpRequest(), 'x', 9, () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(dumpAddresses(socket, id, AF_INET, 2000)).toEqual(whole);
    expect(descriptors()).toBe(before);
  });
});

interface IpLink {
  ifindex: number;
  ifname: string;
  addr_info: { family: string; local: string; prefixlen: number; scope: string }[];
}

function dumpRequest(): MessageWriter {
  return new MessageWriter(22, 0x301).u8(AF_INET).zeros(7);
}

async function hostIp(...parameters: string[]): Promise<string> {
  const { execFileSync } = await import('node:child_process');
  return execFileSync('ip', parameters, { encoding: 'utf8' });
}

function text(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const hextets = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${hextets.join(':')}]/`).hostname.slice(1, -1);
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
