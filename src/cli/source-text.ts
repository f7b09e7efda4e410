import type { Methods } from '../frontends/registry/io.github.mymachines.Registry.ts';
import type { CheckLine } from './check-text.ts';

type Reply = Methods['Check']['reply'];
type Source = Reply['sources'][number];
type Conflict = Reply['conflicts'][number];

/** What is looked at. */
const of = 'sources';

/** Where machines come from: a line for each source, and one for each machine that another hides. */
export function sourceLines({
  sources,
  conflicts,
  moreConflicts,
}: Pick<Reply, 'sources' | 'conflicts' | 'moreConflicts'>): CheckLine[] {
  const more = `and ${moreConflicts} more machines are hidden by others`;
  return [
    ...sources.map(sourceLine),
    ...conflicts.map(conflictLine),
    ...(moreConflicts > 0 ? [{ level: 'warn', of, reason: 'source_conflict', what: more, mend: RENAME } as const] : []),
  ];
}

function sourceLine({ name, state, machines, since, reason }: Source): CheckLine {
  const many = `${machines} ${machines === 1 ? 'machine' : 'machines'}`;
  if (state === 'live') return { level: 'ok', of, reason: 'source_live', what: `${name}: ${many}, as they are now` };
  const mend = name === 'machine1' ? START : 'restart mymachines';
  const why = reason ?? 'for a reason that it does not tell';
  if (state === 'absent') {
    return { level: 'fail', of, reason: 'source_absent', what: `${name}: nothing is known of it: ${why}`, mend };
  }
  const when = since === undefined || since === null ? 'some time ago' : new Date(since / 1000).toISOString();
  const what = `${name}: ${many}, as they were at ${when}: ${why}`;
  return { level: 'fail', of, reason: 'source_stale', what, mend };
}

function conflictLine({ machine, source, what, by, bySource }: Conflict): CheckLine {
  const text = `${machine} of ${source} is not to be found: ${by} of ${bySource} has the same ${what}`;
  return { level: 'warn', of, reason: 'source_conflict', what: text, mend: RENAME };
}

const START = 'systemctl start systemd-machined.service; its journal says why it is away';
const RENAME = 'register one of them under another name, or with one registry only';
