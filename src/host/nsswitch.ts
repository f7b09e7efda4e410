/** What became of asking one service, as its module tells the C library (nsswitch.conf(5)). */
export type LookupStatus = 'SUCCESS' | 'NOTFOUND' | 'UNAVAIL' | 'TRYAGAIN';

/** What the C library does then. */
export type LookupAction = 'return' | 'continue' | 'merge';

/** One service of a line, with what is to be done after each outcome. */
export interface NameService {
  readonly name: string;
  readonly actions: Readonly<Record<LookupStatus, LookupAction>>;
  /** What stands in brackets after it, as it is written, with the brackets; empty where nothing does. */
  readonly criteria: string;
}

/** The services of each database, in the order in which they are asked. */
export interface NameServiceConfiguration {
  readonly databases: ReadonlyMap<string, readonly NameService[]>;
  /** The first line that is not understood: because of it the C library takes nothing of the file. */
  readonly fault?: string;
}

/**
 * Reads nsswitch.conf as glibc 2.36 to 2.42 does, which is not all in nsswitch.conf(5): `#` begins a comment only where
 * no database is named before it, the colon may be missing, no line goes on in the next, the last line of a database
 * counts, a bracket where no service is before it ends the line, and one bad bracket spoils the file.
 */
export function parseNameServices(text: string): NameServiceConfiguration {
  const found = new Map<string, readonly NameService[]>();
  for (const raw of text.split('\n')) {
    const line = raw.replace(/[\t\v\f\r]/g, ' ');
    const [, database = '', rest = ''] = /^ *([^ :]+)[ :]+(.*)$/s.exec(line) ?? [];
    if (!databases.has(database)) continue;
    const services = parseServices(rest);
    if (services === undefined) return { databases: new Map(), fault: line.trim() };
    found.set(database, services);
  }
  return { databases: found };
}

/** Those of glibc; lines of others are somebody else's. */
const databases = new Set(
  'aliases ethers group gshadow hosts initgroups netgroup networks passwd protocols publickey rpc services shadow'.split(
    ' ',
  ),
);

function parseServices(text: string): NameService[] | undefined {
  const services: NameService[] = [];
  for (let rest = text; rest !== '' && !rest.startsWith('['); ) {
    const [all = '', name = '', brackets = ''] = /^([^ []+) *(\[[^\]]*\]?)? */.exec(rest) ?? [];
    const actions = parseBrackets(brackets);
    if (actions === undefined) return undefined;
    services.push({ name, actions, criteria: brackets });
    rest = rest.slice(all.length);
  }
  return services;
}

const defaults: NameService['actions'] = {
  SUCCESS: 'return',
  NOTFOUND: 'continue',
  UNAVAIL: 'continue',
  TRYAGAIN: 'continue',
};

/** `[!UNAVAIL=return]`, or several such in one. Undefined when it is not understood. */
function parseBrackets(brackets: string): NameService['actions'] | undefined {
  if (brackets === '') return defaults;
  const [, inside = ''] = /^\[ *([^\]]+)\]$/.exec(brackets) ?? [];
  if (inside === '') return undefined;
  let actions = defaults;
  for (let rest = inside; rest !== ''; ) {
    const match = /^(!?)([a-z]+) *= *([a-z]+)(?: +|$)/i.exec(rest);
    if (match === null) return undefined;
    const [all, not, status = '', action = ''] = match;
    const changed = withAction(actions, status.toUpperCase(), action.toLowerCase(), not === '!');
    if (changed === undefined) return undefined;
    actions = changed;
    rest = rest.slice(all.length);
  }
  return actions;
}

/** With an action for one status, or for all but one. */
function withAction(
  actions: NameService['actions'],
  status: string,
  action: string,
  not: boolean,
): NameService['actions'] | undefined {
  if (!Object.hasOwn(defaults, status)) return undefined;
  if (action !== 'return' && action !== 'continue' && action !== 'merge') return undefined;
  const statuses = Object.keys(defaults) as LookupStatus[];
  const meant = statuses.filter((one) => (one === status) !== not);
  return { ...actions, ...Object.fromEntries(meant.map((one) => [one, action])) };
}
