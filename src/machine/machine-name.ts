import { MachineError } from './errors.ts';

declare const brand: unique symbol;

/** A name that is known to be valid. Compared exactly: `web` and `Web` are two machines. */
export type MachineName = string & { readonly [brand]: 'MachineName' };

/** The pseudo machine that stands for the host itself. It can be asked for, but nothing can be registered under it. */
export const hostMachineName: MachineName = '.host' as MachineName;

/**
 * Whether a machine can be registered under this name: labels of ASCII letters, digits and inner hyphens, joined by
 * single dots, 64 bytes in all (a Linux host name; sethostname(2)). A label may be all of the 64: it is no DNS label.
 * systemd 262 (`hostname_is_valid` without flags) accepts and refuses the same.
 */
export function isMachineName(text: string): text is MachineName {
  return text.length <= 64 && shape.test(text);
}

/** The text as the name of a machine to register; MachineError `invalid-parameter` if it cannot be one. */
export function parseMachineName(text: string): MachineName {
  if (isMachineName(text)) return text;
  throw invalidName(text);
}

/**
 * The text as the name of a machine to look up, which may be `.host`; MachineError `invalid-parameter` if no machine
 * can ever have that name.
 */
export function parseMachineReference(text: string): MachineName {
  return text === hostMachineName ? hostMachineName : parseMachineName(text);
}

/** Every label begins and ends with a letter or a digit, so each position can match in one way only: linear time. */
const shape = /^[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*(?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)*$/;

function invalidName(text: string): MachineError {
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
  const reason =
    text === hostMachineName
      ? 'it is reserved for the host'
      : text.length > 64
        ? 'it is longer than 64 bytes'
        : 'it is not made of letters, digits and inner hyphens, in parts joined by single dots';
  return new MachineError('invalid-parameter', `${shown} cannot be the name of a machine: ${reason}`, 'name');
}
