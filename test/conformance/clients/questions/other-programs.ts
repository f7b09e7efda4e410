import type { Question } from '../../question.ts';
import { ask } from './ask.ts';

const named = ['one', 'guest', 'nope'];

/** Programs that look a machine up to do something else with it: over the bus, or in its state file. */
export const otherProgramQuestions: readonly Question[] = [
  ...ask('other programs', [
    ...named.flatMap((name) => [
      // The tree of a container has processes that come and go.
      `systemd-cgls --no-pager -M ${name} | sed 's/─[0-9]* /─/'`,
      `systemctl -M ${name} is-system-running`,
      `hostnamectl -M ${name} hostname`,
      `journalctl -M ${name} -q -n 1`,
      `busctl -M ${name} list`,
      `systemd-run -q -M ${name} true`,
    ]),
    "systemd-cgls --no-pager -M plain | sed 's/─[0-9]* /─/'",
    'systemctl -M plain is-system-running',
    'ps -o machine= -p $(machinectl show -P Leader one)',
    'ps -o machine= -p $(machinectl show -P Leader plain)',
    'ps -o machine= -p $(machinectl show -P Supervisor one)',
    'systemctl list-units --no-legend --plain --type=scope',
    'systemctl list-machines --no-legend --plain | grep -v "^$(hostname)"',
    'ls /run/systemd/machines',
  ]),
  ...ask(
    'other programs',
    ['systemd-cgls --no-pager -M nope', 'journalctl -M one -q -n 1', 'ls /run/systemd/machines'],
    'alice',
  ),
];
