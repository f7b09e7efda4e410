import type { JsonValue, Reply } from '../../../dbus/objects/question.ts';
import type { Asked, Exchange } from './exchange.ts';

/** What is another number each time: processes by their names, and their pidfds' inode numbers. */
export interface KnownProcess {
  readonly pid: number;
  readonly pidfdId: number;
}

/** Puts values where placeholders are; one that `valueFor` does not know stays. */
export function fill(
  body: readonly JsonValue[],
  valueFor: (name: string) => string | number | undefined,
): readonly JsonValue[] {
  const text = (value: string): string =>
    value.replace(/«([^»]+)»/g, (whole, name: string) => String(valueFor(name) ?? whole));
  const one = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return value;
    if ('signature' in value) return { signature: value.signature, value: one(value.value) };
    return value.map(one);
  };
  return body.map(one);
}

/**
 * Puts placeholders where such numbers are: in properties, which are known by their names, and in texts. Other answers
 * have no processes in them. The times of registrations become «realtime» and «monotonic», and the host's id «id»; lists of
 * machines are sorted.
 */
export function strip(exchange: Exchange, processes: Readonly<Record<string, KnownProcess>>, hostId: string): Exchange {
  const { question, reply } = exchange;
  return { ...exchange, reply: stripReply(question, reply, processes, hostId) };
}

function stripReply(
  { member, body = [] }: Asked,
  reply: Reply,
  processes: Readonly<Record<string, KnownProcess>>,
  hostId: string,
): Reply {
  const named = (key: 'pid' | 'pidfdId', value: unknown): unknown => {
    const name = Object.keys(processes).find((each) => String(processes[each]?.[key]) === String(value));
    return name === undefined ? value : `«${name}.${key}»`;
  };
  if ('error' in reply) {
    const text = reply.text.replace(/\b(process|PID|PIDFDID) (\d+)/g, (_, what: string, digits: string) =>
      [what, named(what === 'PIDFDID' ? 'pidfdId' : 'pid', digits)].join(' '),
    );
    return { error: reply.error, text };
  }
  const other = (key: string, value: unknown): unknown => (Number(value) > 0 ? `«supervisor.${key}»` : value);
  const property = (name: string, variant: Variant): Variant => {
    const { signature, value } = variant;
    if (name === 'Leader') return { signature, value: named('pid', value) };
    if (name === 'LeaderPIDFDId') return { signature, value: named('pidfdId', value) };
    if (name === 'Supervisor') return { signature, value: other('pid', named('pid', value)) };
    if (name === 'SupervisorPIDFDId') return { signature, value: other('pidfdId', named('pidfdId', value)) };
    if (name === 'Timestamp') return { signature, value: '«realtime»' };
    // The host's is 0 but for an error of some microseconds.
    if (name === 'TimestampMonotonic') return { signature, value: Number(value) < 1000 ? '0' : '«monotonic»' };
    const isHostId = name === 'Id' && Buffer.from(value as number[]).toString('hex') === hostId;
    return isHostId ? { signature, value: '«id»' } : variant;
  };
  // From a hash table with a random seed.
  if (member === 'ListMachines') return { ...reply, body: [(reply.body[0] as readonly unknown[][]).toSorted(byText)] };
  if (member === 'Get') return { ...reply, body: [property(body[1] as string, reply.body[0] as Variant)] };
  if (member !== 'GetAll') return reply;
  const all = reply.body[0] as readonly (readonly [string, Variant])[];
  return { ...reply, body: [all.map(([name, variant]) => [name, property(name, variant)])] };
}

function byText(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

interface Variant {
  readonly signature: string;
  readonly value: unknown;
}
