import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../../src/linux/event-loop.ts';
import { SystemError } from '../../../../src/linux/libc.ts';
import { RouteSocket } from '../../../../src/linux/netlink/route-socket.ts';
import type { MachineNetwork } from '../../../../src/sources/kernel/addresses/machine-network.ts';
import { NetlinkAddresses } from '../../../../src/sources/kernel/addresses/netlink-addresses.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../../../support/namespaces.ts';
import { linesInside, linesOf } from './text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);
const ENOBUFS = 105;

describe.skipIf(unavailable !== undefined)('a namespace that could not be read', () => {
  afterEach(() => vi.restoreAllMocks());
  afterAll(stopAllContainers);

  test('is read again, also when a leader has just gone into it', async () => {
    const loop = new EventLoop();
    const [told, problems] = [[] as MachineNetwork[], [] as Error[]];
    const addresses = new NetlinkAddresses(loop, {
      network: (_key, network) => void told.push(network),
      problem: (error) => void problems.push(error),
    });
    try {
      const [first, second] = [
        await startContainer({ addresses: ['10.1.0.1/24'] }),
        await startContainer({ addresses: ['10.2.0.1/24'] }),
      ];
      let { pid } = first;
      addresses.add('a', {
        get pid() {
          return pid;
        },
        alive: () => true,
      });
      pid = second.pid;
      // The kernel has no memory for the answer, which it cannot be made to say.
      vi.spyOn(RouteSocket.prototype, 'dump').mockImplementationOnce(() => {
        throw new SystemError(ENOBUFS, 'recvmsg');
      });
      addresses.refresh('a');
      await vi.waitFor(() => expect(problems).toHaveLength(1));
      expect(told).toEqual([]);
      await vi.waitFor(() => expect(told).toHaveLength(1), 5000);
      expect(linesOf(told[0]?.addresses ?? [])).toEqual(await linesInside(second));
      expect(problems).toHaveLength(1);
    } finally {
      addresses.close();
      loop.close();
    }
  });
});
