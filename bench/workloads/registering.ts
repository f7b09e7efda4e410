import type { Generator } from '../load/generator.ts';
import { register, unregister } from '../machines.ts';
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
      before: (target) => unregister(machineSocket(target), machines),
      run: async (target) => {
        const moments = [performance.now()];
        await register(machineSocket(target), machines, () => moments.push(performance.now()));
        return between(moments);
      },
    }),
  };
}
