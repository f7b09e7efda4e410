import type { Question } from '../../question.ts';
import { shellFunctions } from '../machines.ts';
import { askScript } from './ask.ts';

/** Runs a command while there is a container of this name, with users of its own from 3000000000 on. */
const whileThereIs = (name: string, command: string): Question =>
  askScript(
    `users of ${name}: ${command}`,
    `${shellFunctions}
    systemd-run -q --collect -u leader-users unshare --user sleep infinity
    P=$(systemctl show -P MainPID leader-users)
    own_users() { [ "$(readlink /proc/$P/ns/user)" != "$(readlink /proc/self/ns/user)" ]; }
    await own_users
    for map in uid_map gid_map; do echo 0 3000000000 65536 >/proc/$P/$map; done
    busctl call -q $MANAGER RegisterMachine sayssus ${name} 0 tool container $P /
    ${command}; status=$?
    systemctl stop -q leader-users; await gone ${name}
    exit $status`,
  );

const name63 = `${'a-name-that-is-much-too-long-'.repeat(2)}12345`;

/**
 * Users and groups by libnss_systemd and userdbctl, of a container with an ordinary name, one with a dot, and a long
 * one. The hashes are by coreutils: printf NAME | sha256sum | xxd -r -p | base32.
 */
export const userQuestions: readonly Question[] = [
  ...(
    [
      ['ordinary', 'ordinary'],
      ['Web.Example', 'WebExa_we4xm6ubvy'],
      [name63, 'a-name_mbl725updb'],
    ] as const
  ).flatMap(([name, label]) =>
    [
      'getent passwd 3000000033',
      'getent group 3000000033',
      `getent passwd vu-${label}-33`,
      `getent group vg-${label}-33`,
      `getent passwd vu-${name}-0`,
      'userdbctl user 3000000033',
      `userdbctl user vu-${label}-33 --json=short`,
      `userdbctl group vg-${label}-33`,
      `id vu-${label}-65534`,
    ].map((command) => whileThereIs(name, command)),
  ),
];
