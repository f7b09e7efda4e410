import type { KnownDifference } from '../known-difference.ts';

/** Rows of docs/differences.md that show in what unmodified programs print, and how to tell them. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    id: 'short-names',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('users of ') &&
      !/v[ug]-/.test(JSON.parse(theirs).stdout) &&
      /v[ug]-(WebExa_we4xm6ubvy|a-name_mbl725updb)-(33|65534)/.test(JSON.parse(ours).stdout),
  },
  {
    id: 'direct-shell',
    explains: ({ text, theirs, ours }) =>
      /machinectl (shell one \/bin\/true|login one)/.test(text) &&
      theirs.includes('There is no system bus in container one') &&
      (ours.includes('in one, execve failed: ENOENT') || ours.includes('in container one, and no /bin/login')),
  },
  {
    id: 'image-names',
    explains: ({ text, theirs, ours }) =>
      /disk\.raw|layers\.mstack|dir\.raw/.test(text) && theirs.includes('No') !== ours.includes('No'),
  },
  {
    id: 'dbus-log-target',
    explains: ({ text, ours }) => text.includes('LogControl1 LogTarget') && /"s \\"(journal|console)\\"/.test(ours),
  },
  {
    id: 'leader-exit',
    explains: ({ question, theirs, ours }) =>
      question.id === 'registration: no leader' &&
      theirs.includes('Unit=root-caller.service') &&
      ours.includes("No machine 'reg3' known"),
  },
  {
    id: 'dbus-no-class',
    explains: ({ text, theirs, ours }) =>
      /RegisterMachine.* (''|'\[(\("Class", <"">\))?\]')/.test(text) &&
      /NotSupported|InteractiveAuthorizationRequired/.test(theirs) &&
      ours.includes('Invalid machine class parameter'),
  },
  {
    id: 'dbus-taken-leader',
    explains: ({ question, theirs, ours }) =>
      question.id === 'registration: the leader of another machine' &&
      [theirs, ours].every((answer) => answer.includes('File exists')) &&
      !theirs.includes('reg6  container') &&
      ours.includes('reg6  container'),
  },
  {
    id: 'dbus-scope-property',
    explains: ({ question, theirs, ours }) =>
      (question.id === 'registration: CreateMachine made4' &&
        theirs.includes('Unit=machine-made4.scope') &&
        ours.includes('PropertyReadOnly: Cannot set property Nonsense')) ||
      (question.id === 'registration: CreateMachine made5' &&
        theirs.includes('status 143') &&
        /Failed to set unit properties: .*No machine 'made5' known/.test(ours)),
  },
  {
    id: 'dbus-exists',
    explains: ({ question, theirs, ours }) =>
      question.as === 'alice' && theirs.includes('MachineExists') && ours.includes('InteractiveAuthorizationRequired'),
  },
  {
    id: 'dbus-property-type',
    explains: ({ text, theirs, ours }) =>
      text.includes('RegisterMachineEx') &&
      /System\.Error\.ENXIO|Invalid machine ID/.test(theirs) &&
      /InvalidArgs: Property '\w+' is of type/.test(ours),
  },
  {
    id: 'dbus-no-vsock',
    explains: ({ text, theirs, ours }) =>
      /(Register|Create)MachineEx/.test(text) && theirs.replace('VSockCID=0', 'VSockCID=4294967295') === ours,
  },
  {
    id: 'dbus-ssh',
    explains: ({ text, ours }) =>
      /RegisterMachineEx .*SSH/.test(text) && ours.includes('InvalidArgs: SSHPrivateKeyPath is not an absolute path'),
  },
  {
    id: 'dbus-vsock-text',
    explains: ({ theirs, ours }) =>
      theirs.includes('InvalidArgs: JSON field') && ours.includes('InvalidArgs: VSockCID'),
  },
];
