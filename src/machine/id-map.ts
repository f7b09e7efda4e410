/** A run of ids that a user namespace maps, as in one line of user_namespaces(7) /proc/PID/uid_map. */
export interface IdMapLine {
  /** First id inside the namespace. */
  readonly inside: number;
  /** First id on the host. */
  readonly outside: number;
  readonly count: number;
}

/** The lines of a map in the kernel's order. No two overlap inside. */
export type IdMap = readonly IdMapLine[];

/** First id that is not the host's own: below it are the host's users and groups (systemd: UIDS-GIDS, 1…65535). */
export const firstForeignId = 65536;

/**
 * Whether the number names a user or group: 32 bits, but neither of the two that system calls take for "none",
 * (uid_t) -1 in its present 32 and its former 16 bits (setresuid(2); systemd 262 `uid_is_valid`).
 */
export function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < noId && id !== noId16;
}

/**
 * Reads /proc/PID/uid_map or gid_map. Lines whose host ids have no number where the file was read, which the kernel
 * writes as 4294967295 (seen when a daemon inside a user namespace reads of a sibling's), are left out.
 * @throws SyntaxError that names the line, when it is not what the kernel writes: three 32-bit decimals, at least one
 * id, none of them 4294967295, no overlap inside, 340 lines at most (UID_GID_MAP_MAX_EXTENTS).
 */
export function parseIdMap(text: string): IdMap {
  const rows = text.split('\n');
  if (rows.at(-1) === '') rows.pop();
  if (rows.length > maximumLines) throw new SyntaxError(`id map of ${rows.length} lines, at most ${maximumLines}`);
  const lines = rows.map(parseLine);
  refuseOverlap(lines);
  return lines.filter((line) => line.outside !== noId);
}

/** The line that maps this id of the namespace, if any. */
export function lineOfInside(map: IdMap, id: number): IdMapLine | undefined {
  for (const line of map) if (id >= line.inside && id - line.inside < line.count) return line;
  return undefined;
}

/** The host's number for an id of the namespace; undefined when it has none or either number is no id. */
export function toHost(map: IdMap, id: number): number | undefined {
  const line = isId(id) ? lineOfInside(map, id) : undefined;
  if (line === undefined) return undefined;
  const host = id - line.inside + line.outside;
  return isId(host) ? host : undefined;
}

/** The namespace's number for an id of the host; undefined when it has none or either number is no id. */
export function toMachine(map: IdMap, id: number): number | undefined {
  if (!isId(id)) return undefined;
  for (const line of map) {
    if (id < line.outside || id - line.outside >= line.count) continue;
    const inside = id - line.outside + line.inside;
    return isId(inside) ? inside : undefined;
  }
  return undefined;
}

/**
 * By how much users and groups alike are shifted, where that is all there is to say: one line for either, both the
 * same, from 0 inside, and 65534 ids or more (all below `nobody`). Otherwise undefined. The rule of systemd 262's
 * GetMachineUIDShift, which answers for 65534 ids and not for 65533.
 */
export function uidShift(uidMap: IdMap, gidMap: IdMap): number | undefined {
  const [users, secondUsers] = uidMap;
  const [groups, secondGroups] = gidMap;
  if (users === undefined || groups === undefined || secondUsers !== undefined || secondGroups !== undefined) {
    return undefined;
  }
  const alike = users.inside === groups.inside && users.outside === groups.outside && users.count === groups.count;
  return alike && users.inside === 0 && users.count >= 65534 ? users.outside : undefined;
}

/**
 * The parts of a map whose host ids belong to the machine rather than to the host, and so get names: from 65536 up, and
 * no line from host id 0, which means that the ids are not the machine's own (both as systemd 262 does for ids).
 */
export function foreignLines(map: IdMap): IdMapLine[] {
  const lines: IdMapLine[] = [];
  for (const { inside, outside, count } of map) {
    if (outside === 0) continue;
    const skipped = Math.max(0, firstForeignId - outside);
    if (skipped < count) lines.push({ inside: inside + skipped, outside: outside + skipped, count: count - skipped });
  }
  return lines;
}

const noId = 0xffff_ffff;
const noId16 = 0xffff;
const maximumLines = 340;
const lineShape = /^[ \t]*(\d{1,10})[ \t]+(\d{1,10})[ \t]+(\d{1,10})[ \t]*$/;

function parseLine(row: string, index: number): IdMapLine {
  const bad = (why: string): SyntaxError =>
    new SyntaxError(`line ${index + 1} of the id map, ${JSON.stringify(row.slice(0, 80))}, ${why}`);
  const match = lineShape.exec(row);
  if (match === null) throw bad('is not three decimal numbers');
  const [inside, outside, count] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (inside > noId || outside > noId || count > noId) throw bad('has a number above 32 bits');
  if (count === 0) throw bad('maps nothing');
  if (inside + count > noId) throw bad('has more ids than there are inside');
  if (outside !== noId && outside + count > noId) throw bad('has more ids than there are outside');
  return { inside, outside, count };
}

function refuseOverlap(lines: readonly IdMapLine[]): void {
  if (lines.length < 2) return;
  const sorted = [...lines.entries()].sort(([, a], [, b]) => a.inside - b.inside);
  for (const [position, [index, line]] of sorted.entries()) {
    const next = sorted[position + 1];
    if (next !== undefined && line.inside + line.count > next[1].inside) {
      const [first, second] = [index, next[0]].sort((a, b) => a - b);
      throw new SyntaxError(`lines ${(first ?? 0) + 1} and ${(second ?? 0) + 1} of the id map overlap`);
    }
  }
}
