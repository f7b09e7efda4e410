import { readFileSync } from 'node:fs';
import { currentTimestamp } from '../../linux/clock.ts';
import { Process } from '../../linux/process.ts';
import { isId128 } from '../../machine/id128.ts';
import type { Machine } from '../../machine/machine.ts';
import { hostMachineName } from '../../machine/machine-name.ts';
import { identityOf } from './process-identity.ts';

/**
 * The pseudo machine `.host`, as systemd 262 has it: led by PID 1, there since the boot, with the machine-id(5) of the
 * host.
 */
export function hostMachine(): Machine {
  const id = machineId();
  const { realtime, monotonic } = currentTimestamp();
  const init = Process.open(1);
  try {
    return {
      name: hostMachineName,
      ...(id !== undefined && { id }),
      class: 'host',
      leader: identityOf(init),
      rootDirectory: '/',
      unit: '-.slice',
      interfaces: [],
      owner: 0,
      timestamp: { realtime: realtime - monotonic, monotonic: 0 },
      facts: { uidMap: [], gidMap: [], sharesHostUsers: true, sharesHostNetwork: true, addresses: [] },
    };
  } finally {
    init.close();
  }
}

function machineId(): string | undefined {
  try {
    const text = readFileSync('/etc/machine-id', 'utf8').trim();
    return isId128(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
