import { foreignLines, type IdMapLine } from '../machine/id-map.ts';
import type { Machine } from '../machine/machine.ts';
import type { Registry } from '../machine/registry.ts';
import { namedDigits } from '../machine/short-name.ts';
import type { IdKind, NamedId } from './named-id.ts';

/**
 * Ids of one machine that follow each other on the host and in it, and are named after the machine's own name: but for
 * the numbers inside that are no ids (`isId`), there is a user or group for each, by its number and by its name.
 */
export interface NamedRun extends IdMapLine {
  /** The machine's name. */
  readonly label: string;
}

/** The runs that users, or groups, are in: for who answers many questions and would remember what he was told. */
export interface NamedRuns {
  /**
   * The run around a user or group that was found, good until `follow` tells of one of its ids, or of its machine. None
   * for one that is known by a short name, which may come to be another's too, and for one that is not what is found by
   * its number.
   */
  around(found: NamedId): NamedRun | undefined;
  /**
   * Tells which ids on the host may stand for others than before, and whose they are or were: whenever a machine comes,
   * goes, or has its ids changed. Returns what ends it.
   */
  follow(changed: (machineName: string, lines: readonly IdMapLine[]) => void): () => void;
}

/** The runs of one kind of ids in a registry. */
export function namedRuns(kind: IdKind, registry: Registry): NamedRuns {
  return {
    around: (found) => runAround(kind, registry, found),
    follow: (changed) =>
      registry.subscribe((event) => {
        const { machine } = event;
        if (event.kind === 'changed') {
          if (hasSameIds(kind, event.before, machine)) return;
          changed(machine.name, foreignLines(kind.map(event.before)));
        }
        changed(machine.name, foreignLines(kind.map(machine)));
      }),
  };
}

function runAround(kind: IdKind, registry: Registry, found: NamedId): NamedRun | undefined {
  const { machine, id, insideId, label } = found;
  const run = kind.run(registry, id);
  if (label !== machine.name || run?.machine !== machine || id - run.outside + run.inside !== insideId)
    return undefined;
  const { inside, outside } = run;
  // Above that their names would be too long.
  return { inside, outside, count: Math.min(run.count, 10 ** namedDigits(label) - inside), label };
}

function hasSameIds(kind: IdKind, a: Machine, b: Machine): boolean {
  return kind.map(a) === kind.map(b) && a.class === b.class && a.facts.sharesHostUsers === b.facts.sharesHostUsers;
}
