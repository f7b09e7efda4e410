import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Test files that run one at a time, after all others: what they say is sure only while nothing else runs. Whoever adds
 * a test that says how long something takes, in milliseconds or as a share of the processor, adds its file here. A test
 * that only gives up after so many seconds, or counts system calls, bytes or descriptors, has no need to.
 */
const ALONE = [
  // They take all processors themselves, to measure or to have as much happen as can.
  'test/bench/bench.test.ts',
  'test/daemon/thousand-machines.test.ts',
  'test/frontends/registry/scale.test.ts',
  'test/soak/soak.test.ts',
  'test/sources/kernel/addresses/scale.test.ts',
  // Something is known, answered or done within some milliseconds, or with so many changes a second.
  'test/daemon/access.test.ts',
  'test/daemon/netlink-overrun.test.ts',
  'test/daemon/resolve-hook-changes.test.ts',
  'test/daemon/resolve-hook.test.ts',
  'test/daemon/subscribe.test.ts',
  'test/dbus/connection/bus.test.ts',
  'test/frontends/dns/forwarder.test.ts',
  'test/frontends/dns/tcp.test.ts',
  'test/frontends/lookup-cost.test.ts',
  'test/fuzz/doors.test.ts',
  'test/sources/kernel/addresses/freshness.test.ts',
  // What an input comes to takes no more than so long, however large or hostile it is.
  'test/daemon/dns-adversity.test.ts',
  'test/dbus/codec/body.test.ts',
  'test/dbus/codec/framing.test.ts',
  'test/dbus/objects/introspection.test.ts',
  'test/frontends/dns/hostile-messages.test.ts',
  'test/frontends/machine1/registration.test.ts',
  'test/frontends/resolve-hook/domain-name.test.ts',
  'test/frontends/resolve-hook/filter.test.ts',
  'test/machine/id-index.test.ts',
  'test/resolver/addresses.test.ts',
  'test/resolver/host-names.test.ts',
  'test/resolver/record-query.test.ts',
  'test/sources/kernel/roots/machine-roots.test.ts',
  'test/sources/vm/leases.test.ts',
  'test/varlink/framing.test.ts',
  // How often or how long a process or thread runs, or is held up.
  'test/daemon/busy-poll.test.ts',
  'test/dbus/connection/turns.test.ts',
  'test/linux/event-loop-busy-poll.test.ts',
  'test/linux/hold-ups.test.ts',
  'test/sources/kernel/paced-queue.test.ts',
  'test/varlink/turns.test.ts',
  // A watchdog that bites after half a second or two.
  'test/daemon/watchdog/watchdog.test.ts',
  'test/lab/watchdog.test.ts',
];

const missing = ALONE.filter((path) => !existsSync(join(import.meta.dirname, path)));
if (missing.length > 0) throw new Error(`no such test: ${missing.join(', ')}`);

const limits = { testTimeout: 20_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts', 'test/support/install-programs.ts'],
    coverage: { include: ['src/**/*.ts'] },
    // One more than there are processors: a good part of the time tests wait for a lab to boot, or for something not to
    // happen. Labs take much of what the kernel gives to one user (inotify instances), so there are only so many.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
    projects: [
      {
        test: {
          ...limits,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...limits, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
