import type { Lab } from '../support/lab.ts';

/** Who keeps the registry in the lab. */
export type KeeperName = 'systemd-machined' | 'mymachines';

/** The command as built, where the lab shows the project. */
const program = '/project/dist/cli/main.js';

const units = 'systemd-machined.service systemd-machined.socket';
const stop: Readonly<Record<KeeperName, string>> = {
  // What listens leaves dead sockets behind, and the symbolic links to them.
  'systemd-machined': `systemctl mask --now -q ${units}`,
  mymachines: 'systemctl stop mymachines.service',
};
const start: Readonly<Record<KeeperName, string>> = {
  'systemd-machined': `systemctl unmask -q ${units}; systemctl start ${units}`,
  mymachines: `systemd-run -q -u mymachines --service-type=notify --collect node ${program} serve`,
};

/** Starts one in the place of the other. Machines live on; the state files in /run/systemd/machines tell of them. */
export async function replace(lab: Lab, before: KeeperName, after: KeeperName): Promise<void> {
  await lab.shell(stop[before]);
  try {
    await lab.shell(start[after]);
  } catch (error) {
    throw new Error(`${after} does not start: ${await log(lab, after)}`, { cause: error });
  }
}

/** What it wrote to the journal, down to a priority. */
export async function log(lab: Lab, keeper: KeeperName, priority: 'err' | 'debug' = 'debug'): Promise<string> {
  const { stdout } = await lab.run('journalctl', '-o', 'cat', '-q', '-p', priority, '-u', `${keeper}.service`);
  return stdout;
}
