import { MachineError } from './errors.ts';
import { isId } from './id-map.ts';

/**
 * The name of a user that a machine may know, by the wide rules of systemd 262 (User/Group Name Syntax, its relaxed
 * mode): whether there is such a user only the machine knows. No number is one.
 * @throws MachineError `invalid-parameter`
 */
export function parseShellUser(name: string, parameter: string): string {
  const unusable =
    name === '' ||
    name === '.' ||
    name === '..' ||
    /[:/\p{Cc}]/u.test(name) ||
    /^ | $/.test(name) ||
    /^-?\d*$/.test(name);
  if (unusable) throw new MachineError('invalid-parameter', 'is no name of a user', parameter);
  return name;
}

/** The same, or a number: decimal, without zeros before it. Over D-Bus systemd 262 takes those, too. */
export function parseUserOrNumber(text: string, parameter: string): string {
  return /^(0|[1-9]\d*)$/.test(text) && isId(Number(text)) ? text : parseShellUser(text, parameter);
}

/**
 * Variables as `NAME=VALUE`, whose names are those that a shell can have.
 * @throws MachineError `invalid-parameter`
 */
export function parseEnvironment(assignments: readonly string[], parameter: string): readonly string[] {
  if (assignments.every((assignment) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(assignment))) return assignments;
  throw new MachineError('invalid-parameter', 'is not made of NAME=VALUE', parameter);
}
