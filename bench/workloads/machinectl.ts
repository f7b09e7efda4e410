import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { differences } from '../answers.ts';
import { withConstantAnswers } from '../load/constant-answers.ts';
import type { Target } from '../targets/target.ts';
import { repeatFor } from './timed.ts';
import type { Workload } from './workload.ts';

/** `machinectl list`: the unmodified client, from its start to its end. */
export function machinectlList(): Workload {
  return {
    name: 'machinectl list',
    protocol: 'process',
    prepare: ([machine]) => ({
      compare: async (reference, candidate) =>
        differences(['machinectl list'], [await list(reference)], [await list(candidate)]),
      ceiling: (reference, { seconds }) =>
        withConstantAnswers(
          reference,
          [['ListMachines'], ['GetMachineOSRelease', machine?.name], ['GetMachineAddresses', machine?.name]],
          (service) => repeatFor(seconds, async () => void (await list(service))),
        ),
      run: (target, { seconds }) => repeatFor(seconds, async () => void (await list(target))),
    }),
  };
}

async function list({ bus }: Target): Promise<string> {
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus.socket}` };
  const { stdout } = await run('machinectl', ['list', '--no-pager', '--no-legend'], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').sort().join('\n');
}

const run = promisify(execFile);
