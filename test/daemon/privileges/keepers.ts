import { Lab } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';

/** Who keeps the registry. */
export type Keeper = 'systemd-machined' | 'mymachines';

/** Where the lab shows the compiled command. */
const main = '/project/dist/cli/main.js';
const units = 'systemd-machined.service systemd-machined.socket';

/** A lab with users and processes, and a polkit that knows them. */
export async function startLab(): Promise<Lab> {
  const lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
  try {
    lab.write('/etc/polkit-1/rules.d/10-test.rules', rules);
    await lab.shell('for u in 1000 1001 1002; do useradd -u $u u$u; done; mkdir -p /var/lib/machines/image');
  } catch (error) {
    await lab.down();
    throw error;
  }
  return lab;
}

/**
 * User 1000 has no privilege but to register machines of three names, which polkit knows by the details of the question.
 * User 1001 is refused everything, without being asked for a password. User 1002 may do everything.
 */
const rules = `
polkit.addRule(function (action, subject) {
  if (action.id.indexOf('org.freedesktop.machine1.') != 0) return polkit.Result.NOT_HANDLED;
  if (subject.user == 'u1001') return polkit.Result.NO;
  if (subject.user == 'u1002') return polkit.Result.YES;
  var kind = { hers: 'container', 'hers-too': 'container', hersvm: 'vm' }[action.lookup('name')];
  if (subject.user == 'u1000' && kind && action.lookup('class') == kind) return polkit.Result.YES;
});
`;

/** Puts one keeper in the place of the other, without machines. */
export async function keepBy(lab: Lab, keeper: Keeper): Promise<void> {
  await lab.shell('systemctl stop roots hers spare 2>/dev/null || true; sleep .2');
  if (keeper === 'systemd-machined') {
    await lab.shell(`systemctl unmask -q ${units}; systemctl start ${units}`);
    return;
  }
  const serve = `node ${main} serve --bus system`;
  await lab.shell(`systemctl mask --now -q ${units}
    systemd-run -q -u mymachines --service-type=notify --collect ${serve}
    for n in $(seq 100); do busctl status org.freedesktop.machine1 >/dev/null 2>&1 && exit; sleep .1; done
    journalctl -u mymachines -o cat >&2; exit 1`);
}

/** Starts a process of a user in a unit of its own, with mounts of its own, unless it runs; gives its number. */
export async function startLeader(lab: Lab, unit: string, uid: number): Promise<number> {
  const start = `systemd-run -q -u ${unit} --uid=${uid} -p PrivateMounts=yes --collect sleep infinity`;
  const pid =
    await lab.shell(`systemctl is-active -q ${unit} || { systemctl stop ${unit} 2>/dev/null || true; ${start}; }
    systemctl show -P MainPID ${unit}`);
  return Number(pid);
}
