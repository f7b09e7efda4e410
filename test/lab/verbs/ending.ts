import { type Verb, verbs } from './verb.ts';

/** Has systemd's own unit for containers start c2, which has c1's files. */
export const prepareEnds = `
  mkdir -p /etc/systemd/nspawn
  printf '[Exec]\\nPrivateUsers=no\\n[Network]\\nVirtualEthernet=no\\n[Files]\\nBindReadOnly=/usr\\n' >/etc/systemd/nspawn/c2.nspawn
  cp -a /var/lib/machines/c1 /var/lib/machines/c2; echo c2 >/var/lib/machines/c2/etc/hostname`;

const unit = 'systemd-nspawn@c2.service';
const told = 'machinectl show c2 -p Name -p Class -p Service -p Unit -p State -p RootDirectory';

/** What ends a machine, or tells it something, one after the other. */
export const endingVerbs: readonly Verb[] = [
  ...verbs('ending', [
    'machinectl kill --kill-whom=leader --signal=SIGRTMIN+0 c1; echo "status $?"; machinectl show -P State c1',
    'machinectl kill --kill-whom=nobody c1; echo "status $?"',
    'machinectl kill nope; echo "status $?"',
    'asAlice machinectl terminate c1; echo "status $?"; machinectl show -P State c1',
  ]),
  {
    id: 'ending: Register, Terminate and Unregister over Varlink',
    script: `for name in box bag; do
        systemd-run -q --collect -u $name sleep infinity
        varlink Register '{"name":"'$name'","class":"container","service":"tool","leader":'$(systemctl show -P MainPID $name)'}'
      done; machinectl list --no-legend; varlink Register '{"name":"box","class":"container","leader":1}'
      varlink Terminate '{"name":"box"}'; await gone box; await inactive box; echo "status $?"
      varlink Unregister '{"name":"bag"}'; await gone bag; systemctl show -P ActiveState bag
      varlink Unregister '{"name":"bag"}'; systemctl stop bag; machinectl list --no-legend`,
  },
  { id: 'ending: start', script: `machinectl start c2; echo "status $?"; ${told}` },
  {
    id: 'ending: machinectl reboot, which makes it another process of the same name',
    script: `before=$(machinectl show -P Leader c2); await systemctl -M c2 is-active -q multi-user.target
      machinectl reboot c2; echo "status $?"; await isAnother "$before" c2; echo "status $?"; ${told}`,
  },
  {
    id: 'ending: machinectl poweroff, after which it is not there',
    script: `await systemctl -M c2 is-active -q multi-user.target
      machinectl poweroff c2; echo "status $?"; await gone c2; ${told}; await inactive ${unit}; echo "status $?"; ls -A /run/systemd/machines | sort`,
  },
  {
    id: 'ending: machinectl terminate, after which it is not there',
    script: `machinectl terminate c1; echo "status $?"; await gone c1; machinectl show c1
      await inactive booted-c1; echo "status $?"
      ls -A /run/systemd/machines | sort; machinectl list`,
  },
  { id: 'ending: nothing has failed', script: 'systemctl --failed --no-legend --plain; echo "status $?"' },
];
