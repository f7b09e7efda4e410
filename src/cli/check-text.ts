import type { Methods } from '../frontends/registry/io.github.mymachines.Registry.ts';

type Reply = Methods['Check']['reply'];
type Finding = Reply['findings'][number];

/** One line of `mymachines check`. */
export interface CheckLine {
  readonly level: 'ok' | Finding['level'];
  /** What was looked at. */
  readonly of: string;
  /** The kind of line, for programs: always the same, whatever the words are. Of a finding it is that of the finding. */
  readonly reason: string;
  /** What came of it, without a full stop. */
  readonly what: string;
  /** What to do about it, or what would tell more. */
  readonly mend?: string;
  readonly finding?: Finding;
}

/** What the registry tells: a line for each finding, and one for each thing that nothing was found of. */
export function registryLines({ findings, more }: Pick<Reply, 'findings' | 'more'>): CheckLine[] {
  const lines = findings.map((finding): CheckLine => {
    const { of, what, mend } = words[finding.reason];
    return { level: finding.level, of, reason: finding.reason, what: what(finding), mend, finding };
  });
  const beyond = more.map((reason): CheckLine => {
    const those = findings.filter((finding) => finding.reason === reason);
    const { of, mend } = words[reason];
    return {
      level: those[0]?.level ?? 'warn',
      of,
      reason,
      what: `there are more than these ${those.length} of the kind ${reason}`,
      mend,
    };
  });
  return Object.entries(sound).flatMap(([of, { reason, what }]): CheckLine[] => {
    const found = [...lines, ...beyond].filter((line) => line.of === of);
    return found.length > 0 ? found : [{ level: 'ok', of, reason, what }];
  });
}

/** What is looked at, and what is said when nothing was found. */
const sound = {
  'host names': { reason: 'names_sound', what: 'each leads to one machine' },
  'users and groups': {
    reason: 'ids_sound',
    what: 'no two machines have the same ids, or the same names for theirs',
  },
  addresses: { reason: 'addresses_sound', what: 'all are followed as they change' },
} as const;

interface Words {
  readonly of: keyof typeof sound;
  readonly what: (finding: Finding) => string;
  readonly mend: string;
}

const words: Readonly<Record<Finding['reason'], Words>> = {
  name_collision: {
    of: 'host names',
    what: (finding) => `${finding.name} leads nowhere, because several would have it: ${machines(finding)}`,
    mend: 'ask for their registered names, or rename all but one',
  },
  name_hidden: {
    of: 'host names',
    what: (finding) =>
      `${finding.name} leads to the machine ${finding.by}, not to who would have it: ${machines(finding)}`,
    mend: 'ask for their registered names, or rename what is not meant',
  },
  name_case: {
    of: 'host names',
    what: (finding) => `${finding.name} is the name of several that spell it differently: ${machines(finding)}`,
    mend: 'register all but one under other names',
  },
  name_long_label: {
    of: 'host names',
    what: (finding) => `a part of 64 characters is more than the DNS can carry: ${machines(finding)}`,
    mend: 'register it under a shorter name',
  },
  user_overlap: {
    of: 'users and groups',
    what: (finding) => `several machines have the user ids ${overlap(finding)}`,
    mend: 'give each machine a range of its own',
  },
  group_overlap: {
    of: 'users and groups',
    what: (finding) => `several machines have the group ids ${overlap(finding)}`,
    mend: 'give each machine a range of its own',
  },
  short_name: {
    of: 'users and groups',
    what: (finding) => `vu-${finding.name}-N could be one of several machines’, and so is nobody: ${machines(finding)}`,
    mend: 'register all but one under other names',
  },
  not_live: {
    of: 'addresses',
    what: (finding) => `they are read when asked for only: ${machines(finding)}`,
    mend: 'run the service with CAP_NET_ADMIN and CAP_NET_BROADCAST',
  },
  address_limit: {
    of: 'addresses',
    what: (finding) => `there may be more than are looked at: ${machines(finding)}`,
    mend: 'remove those that nobody needs',
  },
  interface_limit: {
    of: 'addresses',
    what: (finding) => `there may be more interfaces than are looked at: ${machines(finding)}`,
    mend: 'remove those that nobody needs',
  },
};

function machines({ machines: names, others }: Finding): string {
  return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

/** `100000-165535, which count as one’s: one, two` */
function overlap(finding: Finding): string {
  const [start, count] = [finding.start ?? 0, finding.count ?? 1];
  const run = count === 1 ? String(start) : `${start}-${start + count - 1}`;
  return `${run}, which count as those of the first: ${machines(finding)}`;
}

/**
 * All lines, by what is looked at: where something of the host is the matter with what the registry says is well, that
 * alone is told.
 */
export function inOrder(lines: readonly CheckLine[]): CheckLine[] {
  const troubled = new Set(lines.flatMap(({ level, of }) => (level === 'ok' ? [] : [of])));
  const wrong = ({ of, reason }: CheckLine): boolean => troubled.has(of) && soundReasons.includes(reason);
  return areas.flatMap((area) => lines.filter((line) => line.of === area && !wrong(line)));
}

const soundReasons: readonly string[] = Object.values(sound).map(({ reason }) => reason);

/** What is looked at, in the order in which it is told. */
const areas = [
  'registry',
  'sockets',
  'bus',
  'sources',
  'limits',
  ...Object.keys(sound),
  'nsswitch.conf',
  'modules',
  'systemd-resolved',
  'DNS',
];
