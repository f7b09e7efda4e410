import type { Exchange } from './recording/exchange.ts';

/** A row of docs/differences.md, as far as it is about what is asked over D-Bus. */
export interface KnownDifference {
  readonly id: string;
  explains(theirs: Exchange, ours: Exchange): boolean;
}

const invalid = 'org.freedesktop.DBus.Error.InvalidArgs';

export const knownDifferences: readonly KnownDifference[] = [
  {
    id: 'nobody-16',
    explains: (theirs, ours) =>
      theirs.question.member.startsWith('MapTo') &&
      textOf(theirs) === 'Invalid argument' &&
      /^No matching (user|group) mapping/.test(textOf(ours)),
  },
  {
    id: 'dbus-no-class',
    explains: (theirs, ours) =>
      errorOf(theirs).endsWith('.NotSupported') && textOf(ours) === 'Invalid machine class parameter',
  },
  {
    id: 'dbus-leader-number',
    explains: (theirs, ours) =>
      /^Failed to pin process -\d+: /.test(textOf(theirs)) &&
      errorOf(ours) === invalid &&
      textOf(ours) === 'Invalid leader PID',
  },
  {
    id: 'dbus-property-type',
    explains: (theirs, ours) =>
      (errorOf(theirs) === 'System.Error.ENXIO' || textOf(theirs) === 'Invalid machine ID parameter') &&
      errorOf(ours) === invalid &&
      /^Property '\w+' is of type '\w+', not '\w+'$/.test(textOf(ours)),
  },
  {
    id: 'dbus-vsock-text',
    explains: (theirs, ours) =>
      textOf(theirs).startsWith("JSON field 'vSockCid'") &&
      errorOf(theirs) === errorOf(ours) &&
      textOf(ours).startsWith('VSockCID '),
  },
  {
    id: 'dbus-no-vsock',
    explains: (theirs, ours) => propertyOf(theirs) === 0 && propertyOf(ours) === 0xffff_ffff,
  },
  {
    id: 'dbus-ssh',
    explains: (theirs, ours) =>
      theirs.question.body?.[0] === 'lax' &&
      (/^SSH(Address|PrivateKeyPath) /.test(textOf(ours)) ||
        (theirs.question.member === 'UnregisterMachine' && errorOf(ours).endsWith('.NoSuchMachine'))),
  },
  {
    id: 'dbus-exists',
    explains: (theirs, ours) =>
      theirs.question.as === 'alice' &&
      errorOf(theirs).endsWith('.MachineExists') &&
      /\.(AccessDenied|InteractiveAuthorizationRequired)$/.test(errorOf(ours)),
  },
];

/** Rows that are about D-Bus and that no recorded question shows, and why. */
export const notRecorded: Readonly<Record<string, string>> = {
  'dbus-taken-leader': 'it would take a machine away from the other questions',
  'dbus-no-pidfd': 'the client that asks passes no descriptors on',
  'dbus-scope-property': 'it would move the leader into another unit for the questions after it',
  'dbus-closing': 'how long a machine takes to end is chance',
};

/** All rows that are about D-Bus alone. */
export const dbusDifferences: readonly string[] = [
  ...knownDifferences.map(({ id }) => id).filter((id) => id.startsWith('dbus-')),
  ...Object.keys(notRecorded),
];

function errorOf({ reply }: Exchange): string {
  return 'error' in reply ? reply.error : '';
}

function textOf({ reply }: Exchange): string {
  return 'error' in reply ? reply.text : '';
}

/** Of a single property. */
function propertyOf({ reply }: Exchange): unknown {
  const [variant] = 'body' in reply ? reply.body : [];
  return (variant as { readonly value?: unknown } | undefined)?.value;
}
