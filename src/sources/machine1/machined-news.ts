import type { MachineName } from '../../machine/machine-name.ts';
import type { ToldFields } from './told-machine.ts';

/** What a way to systemd-machined tells, in the order in which it became true. Nothing of it may throw. */
export interface MachinedNews {
  /** There are these machines and no others; what each of them is comes next. */
  listed(names: ReadonlySet<MachineName>): void;
  /** A machine is there, and this is what is said of it. */
  told(name: MachineName, fields: ToldFields): void;
  /** A machine has gone. */
  gone(name: MachineName): void;
  /** Everything that there is has been told, and changes will be. */
  current(): void;
  /** Nothing more will be told until `current` is, and why. */
  lost(reason: Error): void;
  /** Something makes no sense, and was left out. */
  problem(subject: string, error: Error): void;
}
