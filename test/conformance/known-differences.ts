import { dbusDifferences } from '../frontends/machine1/known-differences.ts';
import { hookDifferences } from './hook-differences.ts';
import type { KnownDifference } from './known-difference.ts';

/** The parameter that a reply complains about. */
function faultOf(answer: string): string | undefined {
  return /InvalidParameter\\",\\"parameters\\":\{\\"parameter\\":\\"([^"\\]*)\\"/.exec(answer)?.[1];
}

function isError(answer: string): boolean {
  return answer.startsWith('{"receive":["{\\"error\\"');
}

const filterFields = ['fuzzyNames', 'dispositionMask', 'uidMin', 'uidMax', 'gidMin', 'gidMax', 'uuid'];

/** An interface description, also as varlinkctl prints it, without what is free: its comments and the space around. */
function withoutComments(answer: string): string | undefined {
  const { receive, stdout } = JSON.parse(answer) as { receive?: string[]; stdout?: string };
  const reply =
    receive?.[0] === undefined ? undefined : (JSON.parse(receive[0]) as { parameters?: { description?: string } });
  const description = stdout ?? reply?.parameters?.description;
  return description
    ?.replace(/^\s*#.*$/gm, '')
    .replace(/\s+/g, ' ')
    .replace(/method Reload\( allowInteractiveAuthentication: \?bool \) -> \(\) /, '')
    .trim();
}

/** The addresses of a machine in a reply of List or of the hook, as in `10.9.8.7`, in their order. */
function addressesOf({ parameters: { addresses, answer = [] } = {} }: ListReply): string[] {
  return (addresses ?? answer.map(({ rr }) => rr)).map(({ address }) => address.join('.'));
}

/**
 * The addresses that systemd-machined tells and mymachines does not, of all machines of an answer; undefined when
 * something else differs, but for the order.
 */
function missingAddresses(theirs: string, ours: string): { missing: string[]; moved: boolean } | undefined {
  const [reference, answer] = [repliesOf(theirs), repliesOf(ours)];
  if (reference?.length !== answer?.length || reference === undefined || answer === undefined) return undefined;
  const withoutAddresses = (replies: readonly ListReply[]): string =>
    JSON.stringify(
      replies.map(({ parameters, ...reply }) => ({ ...reply, ...parameters, addresses: undefined, answer: undefined })),
    );
  if (withoutAddresses(reference) !== withoutAddresses(answer)) return undefined;
  const missing: string[] = [];
  let moved = false;
  for (const [index, reply] of reference.entries()) {
    const [all, told] = [addressesOf(reply), addressesOf(answer[index] as ListReply)];
    if (!told.every((address) => all.includes(address))) return undefined;
    missing.push(...all.filter((address) => !told.includes(address)));
    if (all.filter((address) => told.includes(address)).join() !== told.join()) moved = true;
  }
  return { missing, moved };
}

/** The replies of an answer, where they are JSON; placeholders for what is no text are texts then. */
function repliesOf(answer: string): ListReply[] | undefined {
  const { receive = [] } = JSON.parse(answer) as { receive?: string[] };
  try {
    return receive.map((text) => JSON.parse(text.replace(/([:[])(«[^»]*»)/g, '$1"$2"')) as ListReply);
  } catch {
    return undefined;
  }
}

interface ListReply {
  readonly parameters?: {
    readonly addresses?: readonly { readonly address: readonly number[] }[];
    readonly answer?: readonly { readonly rr: { readonly address: readonly number[] } }[];
  };
}

/** A record of one of the scenario's machines whose names are too long or have a dot. */
function hasShortName(answer: string): boolean {
  return (
    /\\"(user|group)Name\\":\\"v[ug]-(WebExa_we4xm6ubvy|a-name_uafs4oon44)-\d{1,10}\\"/.test(answer) &&
    /[UG]ID \d+ of Container (Web\.Example|a-name-that-just-about-fits)\\"/.test(answer)
  );
}

/** A number of theirs, and a name with it. */
function asksForShort(text: string): boolean {
  const id = Number(/"[ug]id":(\d+)/.exec(text)?.[1]);
  const isTheirs = (id >= 700_000 && id < 702_000) || (id >= 800_000 && id < 865_536);
  return isTheirs && /"(user|group)Name":"/.test(text);
}

const isLinkLocal = (address: string): boolean => /^(169\.254|254\.128)\./.test(address);
/** Of the bridges in the scenario's machines, fd00:17::1 among them. */
const isInner = (address: string): boolean => /^(172\.1[78]\.|253\.0\.0\.23\.)/.test(address);

export const knownDifferences: readonly KnownDifference[] = [
  ...hookDifferences,
  {
    id: 'inner-link',
    explains: ({ theirs, ours }) => {
      const { missing = [], moved = false } = missingAddresses(theirs, ours) ?? {};
      return (moved || missing.some(isInner)) && missing.every((address) => isInner(address) || isLinkLocal(address));
    },
  },
  {
    id: 'link-local',
    explains: ({ theirs, ours }) => {
      const { missing = [], moved = true } = missingAddresses(theirs, ours) ?? {};
      return !moved && missing.length > 0 && missing.every(isLinkLocal);
    },
  },
  {
    id: 'no-user-namespace',
    explains: ({ text, theirs, ours }) =>
      /"v[ug]-(plain|sub|inside)-\d/.test(text) && theirs.includes('record') && ours.includes('NoRecordFound'),
  },
  {
    id: 'host-range',
    explains: ({ text, theirs, ours }) =>
      /"v[ug]-low-\d/.test(text) &&
      (text.includes('"vg-') || Number(/uid\\":(\d+)/.exec(theirs)?.[1]) < 65536) &&
      ours.includes('NoRecordFound'),
  },
  {
    id: 'short-names',
    explains: ({ text, theirs, ours }) =>
      theirs.includes('NoRecordFound') &&
      (hasShortName(ours) || (asksForShort(text) && ours.includes('ConflictingRecordFound'))),
  },
  {
    id: 'nobody-16',
    explains: ({ text, theirs, ours }) =>
      /UserDatabase\.|\.MapFrom|\.MapTo/.test(text) &&
      theirs.includes('EINVAL') &&
      /NoRecordFound|NoSuchUser|NoSuchGroup/.test(ours),
  },
  {
    id: 'filters',
    explains: ({ theirs, ours }) => filterFields.includes(faultOf(theirs) ?? '') && faultOf(ours) === undefined,
  },
  {
    id: 'parameter-path',
    explains: ({ theirs, ours }) => {
      const [outer, path] = [faultOf(theirs), faultOf(ours)];
      return outer !== undefined && path !== undefined && /^[.[]/.test(path.replace(outer, ''));
    },
  },
  {
    id: 'null-is-absent',
    explains: ({ text, theirs, ours }) => {
      const field = faultOf(theirs);
      if (field === undefined || faultOf(ours) === field) return false;
      return text.includes(`"${field}":null`) || new RegExp(`"${field}":\\{[^}]*:null`).test(text);
    },
  },
  {
    id: 'int-as-string',
    explains: ({ text, ours }) => {
      const field = faultOf(ours)?.split('.').at(-1);
      return field !== undefined && text.includes(`"${field}":"`);
    },
  },
  {
    id: 'no-unit',
    explains: ({ text, theirs, ours }) =>
      text.includes('.Register') && theirs.includes('ENXIO') && ours.startsWith('{"receive":["{}"'),
  },
  {
    id: 'leader-exit',
    explains: ({ question, ours }) =>
      /^(kill leader|kill with the last signal|leader dies): /.test(question.id) &&
      /NoSuchMachine|No such file/.test(ours),
  },
  {
    id: 'kill-host',
    explains: ({ text, theirs, ours }) =>
      text.includes('".host"') && theirs.includes('EOPNOTSUPP') && ours.includes('NotSupported'),
  },
  {
    id: 'no-os-release',
    explains: ({ theirs, ours }) => theirs.includes('ENOENT') && ours.includes('NoOSReleaseInformation'),
  },
  {
    id: 'identity',
    explains: ({ text, theirs, ours }) =>
      /GetInfo|varlinkctl info/.test(text) && theirs.includes('The systemd Project') && ours.includes('mymachines'),
  },
  {
    id: 'interfaces',
    explains: ({ text, theirs, ours }) =>
      (/list-interfaces|list-methods/.test(text) &&
        /[n"]io\.systemd\\n|\.Reload/.test(theirs) &&
        !/[n"]io\.systemd\\n|\.Reload/.test(ours)) ||
      (text.includes('"interface":"io.systemd"') && ours.includes('InterfaceNotFound')),
  },
  {
    id: 'descriptions',
    explains: ({ text, theirs, ours }) =>
      /GetInterfaceDescription|introspect/.test(text) &&
      withoutComments(theirs) !== undefined &&
      withoutComments(theirs) === withoutComments(ours),
  },
  {
    id: 'which-fault',
    explains: ({ question, theirs, ours }) =>
      /^(\w+ faults|map from|kill signal|random)/.test(question.id) &&
      isError(theirs) &&
      isError(ours) &&
      (faultOf(theirs) ?? faultOf(ours)) !== undefined,
  },
  {
    id: 'strict-json',
    explains: ({ theirs, ours }) => theirs.includes('"closed":true') && !ours.includes('"closed"'),
  },
  { id: 'huge-number', explains: ({ text, ours }) => text.includes('1e400') && faultOf(ours) !== undefined },
  { id: 'log-level', explains: ({ text }) => text.includes('SetLogLevel') && !text.includes('"level"') },
];

/** Rows that no question here can show, and why. */
export const notAsked: Readonly<Record<string, string>> = {
  crowd: 'takes thousands of connections: test/daemon/crowded.test.ts asks ours',
  'long-message': 'recorded questions are kept short; test/daemon/adversity.test.ts asks ours',
  'long-service': 'recorded questions are kept short; test/machine/registration-rules.test.ts',
  'foreign-unit': 'test/daemon/scope-units.test.ts asks ours',
  'direct-shell': 'asked by clients: test/conformance/clients',
  'foreign-process': 'test/sources/embedded/machine-signals.test.ts asks ours',
  'foreign-supervisor': 'test/sources/embedded/caller.test.ts asks ours',
  'no-polkit': 'the polkit here works; test/daemon/polkit.test.ts asks ours without',
  'polkit-details': 'polkit is told, not whoever asks: test/machine/authorize.test.ts',
  'polkit-shell': 'polkit is told, not whoever asks: test/daemon/polkit.test.ts asks ours',
  'polkit-limit': 'many questions at once: test/daemon/polkit.test.ts asks ours',
  'user-host': 'of a registry of a user: test/daemon/access.test.ts asks ours',
  'bind-nothing-left': 'test/inside/mounts/bind-mounts.test.ts asks ours',
  'bind-user-namespace': 'test/inside/mounts/bind-mounts.test.ts asks ours',
  'copy-owners': 'test/lab/copies.test.ts asks both',
  'copy-map': 'nothing that systemd-nspawn makes: test/inside/copies/trees.test.ts asks ours',
  'copy-whole': 'test/inside/copies/failures.test.ts asks ours',
  'copy-caller': 'a matter of time: test/inside/copies/failures.test.ts asks ours',
  'copy-limit': 'many at once: test/inside/copies/failures.test.ts asks ours',
  'copy-holes': 'test/inside/copies/trees.test.ts asks ours',
  'copy-endless': 'test/inside/copies/content.test.ts asks ours',
  'copy-rights': 'test/inside/copies/trees.test.ts asks ours',
  'copy-error': 'test/lab/copies.test.ts asks both',
  'no-terminal': 'the containers here have one: test/linux/pseudo-terminal.test.ts asks ours',
  'foreign-terminal': 'test/lab/terminals.test.ts and test/daemon/privileges.test.ts ask ours',
  'foreign-users': 'test/lab/terminals.test.ts asks ours',
  'sure-leader': 'test/inside/inside.test.ts has such a leader; the kernel of the lab has pidfd ids',
  'hook-alias': 'no machine here is called so: test/resolver/host-names.test.ts asks ours',
  'hook-filter': 'the order is chance: test/frontends/resolve-hook/filter.test.ts asks ours',
  overlap: 'systemd-machined answers by chance',
  'vm-addresses': 'needs a guest on a link: test/lab/guest-addresses.test.ts asks both',
  ...Object.fromEntries(dbusDifferences.map((id) => [id, 'over D-Bus: test/frontends/machine1'])),
  'dbus-os-release-ahead': 'a matter of time: test/sources/kernel/roots/os-releases.test.ts',
  'image-names': 'asked by clients: test/conformance/clients',
  'image-clone-top': 'of files on the disk: test/images/changing',
  'image-clone-rights': 'the same',
  'image-clone-beside': 'the same',
  'image-clone-holes': 'the same',
  'image-clone-link': 'the same',
  'image-half': 'the same',
  'image-clone-left': 'the same',
  'image-clone-read-only': 'the same',
  'image-in-work': 'the same',
  'image-mounted': 'the same',
  'image-immutable': 'the same',
  'image-disks': 'no answer differs where there is systemd-dissect: test/lab/verbs/disk.ts asks both',
  'image-broken-file': 'systemd-machined would not answer any more: test/images/image-reader.test.ts asks ours',
  'image-hung': 'the same',
  'image-pool-action': 'polkit is told, not whoever asks: test/images/image-service.test.ts',
  'image-details': 'the same',
  'dbus-create-ex': 'only users are refused: test/daemon/privileges/other-ways.ts asks both',
  'zombie-leader': 'whether systemd-machined sees the end before or after its answer is chance',
};
