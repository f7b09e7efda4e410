import type { Question } from '../../question.ts';
import { shellFunctions } from '../machines.ts';
import { askScript } from './ask.ts';

const bus = 'org.freedesktop.machine1';

/** What is left of a machine that went. */
const remains = (name: string): string => `
  await gone ${name} && echo gone || echo stays
  machinectl list --no-legend | grep -w ^${name}
  getent -s mymachines hosts ${name}; echo "getent: $?"
  busctl call $MANAGER GetMachine s ${name}
  ls /run/systemd/machines/${name}
  await inactive $unit nspawn-${name}; systemctl is-active $unit nspawn-${name}`;

const signals = '/var/lib/machines/one/signals';
/** Sends a signal, and gives what the program in the container wrote down of it, and whether all others live. */
const kill = (command: string, signal: string): Question =>
  askScript(
    `kill: ${command}`,
    `${shellFunctions}
    : >${signals}
    ${command}; echo "status $?"
    ${signal === '' ? '' : `await grep ${signal} ${signals};`} cat ${signals}
    systemctl is-active $(unit_of one) nspawn-one; machinectl show -P Leader -P Supervisor one`,
  );

/** Starts a container that lives until something ends it, and says what there is of it before and after. */
const end = (how: string, { id = how, command = 'sleep infinity', options = '' } = {}): Question =>
  askScript(
    `end: ${id}`,
    `${shellFunctions}
    start short --network-veth ${options} -- ${command} || exit
    unit=$(unit_of short)
    machinectl show -p Name -p Class -p Service -p Unit -p State -p RootDirectory short
    ${how}; echo "status $?"
    ${remains('short')}`,
  );

/** Starts a process in a unit of its own and registers it. `left`: what is there afterwards. */
const registered = (id: string, name: string, how: string, left: 'unit' | 'nothing' = 'nothing'): Question =>
  askScript(
    `registered by hand: ${id}`,
    `${shellFunctions}
    systemd-run -q --collect -u leader-${name} sleep infinity
    P=$(systemctl show -P MainPID leader-${name})
    busctl call $MANAGER RegisterMachine sayssus ${name} 0 tool vm $P ''
    busctl call $MANAGER RegisterMachine sayssus ${name} 0 tool vm $P ''
    machinectl list --no-legend | grep -w ^${name}
    ${how}; echo "status $?"
    await gone ${name} && echo gone || echo stays
    ${left === 'unit' ? '' : `await inactive leader-${name};`} systemctl is-active leader-${name}
    systemctl stop -q leader-${name}; await gone ${name}`,
  );

const machine = (name: string): string => `${bus} /org/freedesktop/machine1/machine/${name} ${bus}.Machine`;

/** What machines are told, how they end, and what is left of them. */
export const operationQuestions: readonly Question[] = [
  kill('machinectl kill one', 'TERM'),
  kill('machinectl kill -s USR1 --kill-whom=all one', 'USR1'),
  kill('machinectl kill -s CONT --kill-whom=leader one', ''),
  kill('machinectl kill -s CONT --kill-whom=supervisor one', ''),
  kill('busctl call $MANAGER KillMachine ssi one all 12', 'USR2'),
  kill('busctl call $MANAGER KillMachine ssi one "" 12', 'USR2'),
  kill(`busctl call ${machine('one')} Kill si all 10`, 'USR1'),
  kill('setpriv --reuid=alice --regid=alice --clear-groups machinectl kill -s USR1 one', ''),

  end('machinectl terminate short'),
  end('machinectl poweroff short'),
  end('machinectl kill -s KILL short'),
  end('machinectl kill -s KILL --kill-whom=leader short'),
  end('machinectl kill -s KILL --kill-whom=supervisor short'),
  end('kill -9 $(systemctl show -P MainPID nspawn-short)', { id: 'kill of systemd-nspawn' }),
  end('kill $(systemctl show -P MainPID nspawn-short)', { id: 'SIGTERM to systemd-nspawn' }),
  end('systemctl stop $unit'),
  end('systemctl stop nspawn-short'),
  end(`busctl call ${machine('short')} Terminate`),
  end('touch /var/lib/machines/short/end', {
    id: 'exit',
    command: `bash -c 'until [ -e /end ]; do sleep .02; done; rm /end'`,
  }),
  end('machinectl terminate short', { id: 'terminate, in the unit of systemd-nspawn', options: '--keep-unit' }),
  end('machinectl kill -s KILL --kill-whom=leader short', {
    id: 'kill of the leader, in the unit of systemd-nspawn',
    options: '--keep-unit',
  }),
  askScript(
    'end: machinectl terminate short loud',
    `${shellFunctions}
    start short -- sleep infinity; start loud -- sleep infinity; unit=$(unit_of short)
    machinectl terminate short nope loud; echo "status $?"
    ${remains('short')}
    unit=$(unit_of loud); machinectl terminate loud; ${remains('loud')}`,
  ),
  askScript(
    'end: unregister a container',
    `${shellFunctions}
    start short -- sleep infinity; unit=$(unit_of short)
    busctl call $MANAGER UnregisterMachine s short; echo "status $?"
    await gone short && echo gone; systemctl is-active $unit nspawn-short
    systemctl stop nspawn-short`,
  ),
  askScript(
    'a second container of the same name',
    `${shellFunctions}
    systemd-nspawn -q -D /var/lib/machines/short -M one --as-pid2 --private-users=pick sleep infinity 2>&1 |
      grep -v -e cannot -e 'Parent died too early'; machinectl list --no-legend`,
  ),

  registered('machinectl terminate', 'hand1', 'machinectl terminate hand1'),
  registered('machinectl poweroff', 'hand5', 'machinectl poweroff hand5'),
  registered('machinectl reboot', 'hand6', 'machinectl reboot hand6'),
  registered('machinectl kill', 'hand2', 'machinectl kill hand2'),
  registered('unregistered', 'hand3', 'busctl call $MANAGER UnregisterMachine s hand3', 'unit'),
  registered('its unit is stopped', 'hand4', 'systemctl stop leader-hand4'),
  registered(
    'its name is strange',
    'Web.Example-1',
    'busctl tree --list org.freedesktop.machine1; machinectl terminate Web.Example-1',
  ),
];
