import type { Question } from '../../question.ts';
import { ask } from './ask.ts';

const machines = ['noip', 'one', 'many', 'plain', 'guest'];
const looking = [
  'machinectl',
  'machinectl list',
  'machinectl list --no-legend',
  'machinectl list --full',
  'machinectl list -a',
  ...['0', '1', '2', '30', 'all', 'nonsense'].map((count) => `machinectl list --max-addresses=${count}`),
  'machinectl list -l --max-addresses=all --no-pager --no-legend',
  ...machines.flatMap((name) => [
    `machinectl status ${name}`,
    `machinectl status -l --max-addresses=2 ${name}`,
    `machinectl show ${name}`,
  ]),
  'machinectl show .host',
  // Its tree has every process of the lab.
  "machinectl status .host | sed -n '1,/Unit:/p'",
  'machinectl status one many nope',
  'machinectl status',
  'machinectl show',
  'machinectl show -a',
  'machinectl show -a many',
  'machinectl show one many',
  'machinectl show -p Name one many guest',
  'machinectl show -p Leader -p LeaderPIDFDId -p Class one',
  'machinectl show --value -p Name -p Unit one',
  'machinectl show -P VSockCID guest',
  'machinectl show -P Nonsense guest',
  'machinectl show -p SSHAddress -p SSHPrivateKeyPath -p NetworkInterfaces -p Subgroup -a guest',
  ...['status', 'show', 'kill', 'terminate', 'poweroff', 'reboot', 'pause', 'resume', 'login', 'shell'].flatMap(
    (verb) => [`machinectl ${verb} nope`, `machinectl ${verb} 'not a name'`],
  ),
  ...['status', 'show', 'kill', 'terminate', 'poweroff'].map((verb) => `machinectl ${verb} ''`),
  ...['pause one', 'resume one', 'pause guest', 'resume guest'].map((what) => `machinectl ${what}`),
  'machinectl kill --signal=0 one',
  'machinectl kill --signal=NONSENSE one',
  'machinectl kill --kill-whom=nobody one',
  'machinectl copy-from nope /etc/os-release /tmp/x',
  'machinectl copy-to nope /etc/os-release /tmp/x',
  'machinectl bind nope /etc',
];

/** What root does with terminals, files and images. */
const others = [
  'machinectl shell one /bin/true',
  'machinectl shell plain /bin/true',
  'machinectl shell guest /bin/true',
  'machinectl login one',
  'machinectl login guest',
  'machinectl copy-from one /etc/os-release /tmp/copied && cat /tmp/copied',
  'machinectl copy-to one /etc/os-release /copied',
  'machinectl bind guest /etc',
  'machinectl list-images',
  'machinectl image-status nope',
];

/** What an ordinary user is refused. */
const refused = [
  ...['shell', 'login', 'kill', 'terminate', 'poweroff'].flatMap((verb) =>
    ['one', 'plain', 'guest', 'nope'].map((name) => `machinectl ${verb} ${name}`),
  ),
  'machinectl shell',
  'machinectl shell .host',
  'machinectl copy-to one /etc/os-release /tmp/x',
  'machinectl copy-from one /etc/os-release /tmp/x',
  'machinectl bind one /etc',
];

/** The unmodified machinectl, wherever it leaves the machines as they are. */
export const machinectlQuestions: readonly Question[] = [
  ...ask('machinectl', looking),
  ...ask('machinectl', others),
  ...ask(
    'machinectl',
    [...looking.filter((command) => /machinectl( list|$)|status|show/.test(command)), ...refused],
    'alice',
  ),
];
