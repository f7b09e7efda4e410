import { expect, it } from 'vitest';
import type { GuestAddressesParts } from '../../../src/daemon/sources/guest-addresses.ts';
import { guestAddresses } from '../../../src/daemon/sources/guest-addresses.ts';
import { SystemError } from '../../../src/linux/libc.ts';

/** What it is made of, of which the first thing that it asks for fails. */
function failing(error: Error, problems: Error[]): GuestAddressesParts {
  const loop = new Proxy(
    {},
    {
      get: () => () => {
        throw error;
      },
    },
  );
  const parts = { loop, registry: loop, leaders: loop, dhcpServer: loop, leases: undefined };
  return { ...parts, onProblem: (problem: Error) => problems.push(problem) } as unknown as GuestAddressesParts;
}

it('does without addresses of VMs where the kernel has no netlink for us, and says so', () => {
  const problems: Error[] = [];
  const cause = new SystemError(93, 'socket');
  expect(guestAddresses(failing(cause, problems))).toBeUndefined();
  expect(problems).toMatchObject([{ message: 'addresses of VMs are not known', cause }]);
  expect(() => guestAddresses(failing(new TypeError('a fault of ours'), problems))).toThrow('a fault of ours');
});
