import type { Asker } from './exchange.ts';

/** A machine that the questions are about, led by a process in a unit of its own, `m-NAME.service`. */
export interface ScenarioMachine {
  readonly name: string;
  readonly class: 'container' | 'vm';
  /** Who registers it, and whose process its leader is. */
  readonly by: Asker;
  /** 32 hexadecimal digits. */
  readonly id?: string;
  readonly service?: string;
  readonly rootDirectory?: string;
  readonly interfaces?: readonly number[];
  /** With any of these it is registered by RegisterMachineEx. */
  readonly more?: { readonly vsockCid: number; readonly sshAddress: string; readonly sshPrivateKeyPath: string };
  /** Maps of its own user namespace, which are alike; absent: the host's namespace. */
  readonly users?: string;
  /** In a network namespace of its own; absent: the host's. */
  readonly addresses?: readonly string[];
  /** What os-release says in a root directory of its own; empty: there is no such file. */
  readonly osRelease?: string;
}

export const scenario: readonly ScenarioMachine[] = [
  {
    name: 'c1',
    class: 'container',
    by: 'root',
    id: '0123456789abcdef0123456789abcdef',
    service: 'systemd-nspawn',
    rootDirectory: '/srv/c1',
    interfaces: [7, 8],
    users: '0 1331822592 65536',
    addresses: ['10.9.8.7/24', 'fd00::7/64'],
    osRelease: 'ID=small\nNAME="Small Root"\n# no more\nVERSION_ID=1\n',
  },
  { name: 'bare', class: 'container', by: 'root', addresses: [], osRelease: '', users: '0 100000 10\n70000 400000 10' },
  { name: 'plain', class: 'container', by: 'root' },
  {
    name: 'guest',
    class: 'vm',
    by: 'root',
    service: 'some hypervisor',
    more: { vsockCid: 42, sshAddress: 'vsock/42', sshPrivateKeyPath: '/srv/guest.key' },
  },
  { name: '2x.y-1', class: 'container', by: 'root' },
  { name: 'owned', class: 'container', by: 'alice' },
];

/** Processes in units of their own that lead no machine, whose numbers questions can use: one of root, one of alice. */
export const spares: readonly Asker[] = ['root', 'alice'];

/** Who asks is in this unit. */
export function unitOfAsker(asker: Asker): string {
  return `asker-${asker}.service`;
}

/** What polkit says in the recorded system: alice may register, and is asked for a password for all else. */
export const polkitRule = `polkit.addRule(function (action, subject) {
  if (action.id == "org.freedesktop.machine1.register-machine" && subject.user == "alice") return polkit.Result.YES;
});
`;
