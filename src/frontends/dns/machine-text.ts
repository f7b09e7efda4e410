import { MachineError } from '../../machine/errors.ts';
import { isSameRegistration, type Machine } from '../../machine/machine.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';

/**
 * What is told of machines as TXT: `class=container`, `service=systemd-nspawn`, `os=debian`, `os-version=12` (RFC
 * 1464), as far as it is known. What system it is, is read when a machine comes, and not while somebody waits.
 */
export class MachineTexts {
  readonly #metadata: Pick<MachineMetadata, 'osRelease'>;
  readonly #systems = new Map<string, System>();
  readonly #unsubscribe: () => void;

  constructor(registry: Registry, metadata: Pick<MachineMetadata, 'osRelease'>) {
    this.#metadata = metadata;
    for (const machine of registry) this.#read(machine);
    this.#unsubscribe = registry.subscribe(({ kind, machine }) => {
      if (kind === 'added') this.#read(machine);
      else if (kind === 'removed') this.#systems.delete(machine.name);
    });
  }

  of(machine: Machine): readonly string[] {
    const { name, class: machineClass, service } = machine;
    const system = this.#systems.get(name);
    // On a busy host it may not have shown its files in time.
    if (system?.failed !== undefined && performance.now() - system.failed > RETRY) this.#read(machine);
    const strings = [`class=${machineClass}`, ...(service === undefined ? [] : [`service=${service}`])];
    return [...strings, ...(system?.strings ?? [])];
  }

  close(): void {
    this.#unsubscribe();
  }

  #read(machine: Machine): void {
    if (machine.class !== 'container') return;
    const system: System = { machine, strings: [] };
    this.#systems.set(machine.name, system);
    this.#metadata.osRelease(machine).then(
      (fields) => {
        const now = this.#systems.get(machine.name);
        if (now === undefined || !isSameRegistration(now.machine, machine)) return;
        for (const [key, field] of told) {
          const line = fields.find((one) => one.startsWith(`${field}=`));
          if (line !== undefined) now.strings.push(`${key}=${line.slice(field.length + 1)}`);
        }
      },
      (error: unknown) => {
        const gone = error instanceof MachineError && error.code === 'no-os-release-information';
        if (!gone) system.failed = performance.now();
      },
    );
  }
}

interface System {
  readonly machine: Machine;
  readonly strings: string[];
  /** When it could not be read, on the clock of `performance.now`. */
  failed?: number;
}

/** Milliseconds. */
const RETRY = 5000;

const told = [
  ['os', 'ID'],
  ['os-version', 'VERSION_ID'],
] as const;
