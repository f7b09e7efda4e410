import { ask } from '../ask.ts';
import type { Generator } from '../load/generator.ts';
import { type BenchMachine, register, unregister } from '../machines.ts';
import { machineSocket } from '../targets/target.ts';
import { between } from './timed.ts';
import { userdbByUid } from './userdb.ts';
import type { Workload } from './workload.ts';

/**
 * io.systemd.Machine.Register of all machines, one after the other over one connection. They are the same ones each time:
 * before, they are unregistered. What shows that they are there is that their users are.
 */
export function registering(generator: Generator): Workload {
  return {
    name: 'registering',
    protocol: 'varlink',
    prepare: (machines) => ({
      compare: (reference, candidate) => userdbByUid(generator).prepare(machines).compare(reference, candidate),
      before: async (target) => {
        await unregister(machineSocket(target), machines);
        await untilGone(machineSocket(target), machines);
      },
      run: async (target) => {
        const moments = [performance.now()];
        await register(machineSocket(target), machines, () => moments.push(performance.now()));
        return between(moments);
      },
    }),
  };
}

/** systemd-machined says yes at once, and lets go of a machine a moment later. */
async function untilGone(socket: string, machines: readonly BenchMachine[]): Promise<void> {
  const calls = machines.map(({ name }) => JSON.stringify({ method: 'io.systemd.Machine.List', parameters: { name } }));
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    const replies = await ask(socket, calls);
    if (replies.every((reply) => reply.includes('"io.systemd.Machine.NoSuchMachine"'))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${socket} has machines 10 s after they were unregistered`);
}
