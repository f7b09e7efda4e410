import { MachineError } from '../../machine/errors.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';
import { parseInterfaces, parsePid } from '../../machine/registration-rules.ts';

/** A process as it was told. */
export interface ToldProcess {
  readonly pid?: unknown;
  readonly pidfdId?: unknown;
}

/**
 * Takes values of which nothing is known as the rules let them through, and notes those that they do not. A value that
 * is undefined, an empty text, and the process 0 say that there is none.
 */
export class FieldReader {
  readonly problems: string[] = [];

  text<T>(value: unknown, key: string, rule: (text: string, key: string) => T | undefined): T | undefined {
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') return this.refuse(key, value);
    return this.#obey(() => rule(value, key));
  }

  number(value: unknown, key: string, rule: (number: number, key: string) => number): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== 'number') return this.refuse(key, value);
    return this.#obey(() => rule(value, key));
  }

  /** None, rather than one that could be another by now, when its pidfd id is there and of no use. */
  process(told: ToldProcess | undefined, key: string): ProcessIdentity | undefined {
    const pid = told?.pid === 0 ? undefined : this.number(told?.pid, key, parsePid);
    const known = told?.pidfdId === 0 ? undefined : told?.pidfdId;
    const pidfdId = this.exact(known, `${key}'s pidfd id`);
    if (pid === undefined || (known !== undefined && pidfdId === undefined)) return undefined;
    return { pid, ...(pidfdId !== undefined && { pidfdId }) };
  }

  interfaces(value: unknown): readonly number[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.refuse('interfaces', value) ?? [];
    return this.#obey(() => parseInterfaces(value, 'interfaces')) ?? [];
  }

  /** A number that is what it seems: microseconds, or that of an inode. */
  exact(value: unknown, key: string): number | undefined {
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return value as number;
    return this.refuse(key, value);
  }

  /** Notes a value that cannot be used. */
  refuse(key: string, value: unknown): undefined {
    this.problems.push(`${key} cannot be ${show(value)}`);
  }

  #obey<T>(rule: () => T): T | undefined {
    try {
      return rule();
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      this.problems.push(error.message);
      return undefined;
    }
  }
}

/** Not more of it than a person wants to read. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? 'an object' : `${value}`;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
