import { type Address, isAmong } from '../../machine/address.ts';
import type { Machine } from '../../machine/machine.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import { reverseAddress } from '../../resolver/reverse-name.ts';
import { isMetaType, type Question } from './query.ts';
import { type Answer, CLASS_IN, type ResourceRecord, recordTypes } from './records.ts';
import { UpperNames } from './upper-names.ts';

/** What somebody may see of the machines. Whoever has no view sees all. */
export interface View {
  /** Those of a machine's addresses that are seen; undefined for a machine that is not. */
  addresses(machine: Machine, addresses: readonly Address[]): readonly Address[] | undefined;
}

/** What a zone is made of. */
export interface ZoneOptions {
  /** In lower case, without a dot at its end. */
  readonly domain: string;
  readonly names: HostNames;
  /** The host's own addresses, the best first. */
  readonly host: () => readonly Address[];
  /** What is told of a machine as TXT. Absent: nothing. */
  readonly text?: (machine: Machine) => readonly string[];
  /** Told of each machine that was asked for. */
  readonly asked: (machine: Machine) => void;
}

/**
 * What the DNS has to say of the machines: below the domain, as names of a single label, and in reverse. Each of the
 * latter names is a zone of its own, with nothing below it, so that no machine takes anything away from a public
 * domain.
 */
export class Zone {
  readonly #options: ZoneOptions;
  readonly #suffix: string;
  readonly #host: string;
  readonly #upper: UpperNames;
  #serial = Math.floor(Date.now() / 1000);

  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#suffix = `.${options.domain}`;
    this.#host = `host${this.#suffix}`;
    this.#upper = new UpperNames(options.names);
  }

  /** To be told of each change of the names. */
  changed(): void {
    this.#serial++;
    this.#upper.changed();
  }

  /** To be told of each machine that was asked for and has been answered without asking here. */
  asked(machine: Machine): void {
    this.#options.asked(machine);
  }

  /** Undefined: the name is none of ours, and somebody else may know it. */
  answer(question: Question, view?: View): Answer | undefined {
    const { name, type } = question;
    if (question.class !== CLASS_IN) return refused;
    const lower = name.toLowerCase();
    const { domain } = this.#options;
    const inside = lower === domain || lower.endsWith(this.#suffix);
    const found = inside ? this.#inside(name, lower, view) : this.#outside(name, lower, view);
    if (found === undefined) return undefined;
    // A transfer of the zone among them (RFC 5936): it would tell all names at once.
    if (isMetaType(type)) return type === recordTypes.OPT ? malformed : refused;
    const authority = [this.#soa(inside ? domain : name)];
    if (found === 'nothing') return { code: 'NXDOMAIN', answers: [], authority };
    const answers = found.flatMap((one) => records(one, name, type, authority));
    const [first] = found;
    const machine = first?.kind === 'machine' ? first.whose : undefined;
    return { code: 'NOERROR', answers, authority: answers.length > 0 ? [] : authority, ...(machine && { machine }) };
  }

  /** What is at a name of the domain. */
  #inside(name: string, lower: string, view: View | undefined): Data | 'nothing' {
    if (lower === this.#options.domain) return [{ kind: 'apex', server: this.#host }];
    if (lower === this.#host) return [{ kind: 'machine', addresses: this.#options.host(), text: [] }];
    const relative = name.slice(0, -this.#suffix.length);
    return this.#machine(relative, view) ?? (this.#upper.has(relative.toLowerCase()) ? [] : 'nothing');
  }

  #outside(name: string, lower: string, view: View | undefined): Data | undefined {
    // Nobody's but the asker's own, also not a machine's that is called so (RFC 6761 6.3).
    if (lower === 'localhost' || lower.endsWith('.localhost'))
      return [{ kind: 'machine', addresses: loopback, text: [] }];
    if (!name.includes('.')) return this.#machine(name, view);
    const bytes = lower.endsWith('.arpa') ? reverseAddress(lower) : undefined;
    if (bytes === undefined) return undefined;
    const machines = this.#options.names.reverse(bytes).filter((known) => this.#machine(known, view) !== undefined);
    const targets = machines.map((known) => `${known}${this.#suffix}`);
    if (targets.length === 0 && isAmong(bytes, this.#options.host())) targets.push(this.#host);
    return targets.length === 0 ? undefined : [{ kind: 'reverse', targets }];
  }

  #machine(name: string, view: View | undefined): Data | undefined {
    const answer = this.#options.names.resolve(name);
    if (answer.kind !== 'found') return undefined;
    const { machine } = answer;
    this.#options.asked(machine);
    const addresses = view === undefined ? answer.addresses : view.addresses(machine, answer.addresses);
    if (addresses === undefined) return undefined;
    const text = this.#options.text?.(machine) ?? [];
    return [{ kind: 'machine', addresses, text, ...(answer.inAnyCase && { whose: machine }) }];
  }

  #soa(owner: string): ResourceRecord {
    const rname = `hostmaster${this.#suffix}`;
    return { owner, type: 'SOA', mname: this.#host, rname, serial: this.#serial };
  }
}

type HostAddress = Pick<Address, 'family' | 'bytes'>;

/** What is at a name; nothing, where there is something only below it (RFC 8020 2). */
type Data = readonly (
  | { readonly kind: 'apex'; readonly server: string }
  | {
      readonly kind: 'machine';
      readonly addresses: readonly HostAddress[];
      readonly text: readonly string[];
      /** Where it is the name of only one, however it is spelled. */
      readonly whose?: Machine;
    }
  | { readonly kind: 'reverse'; readonly targets: readonly string[] }
)[];

function records(
  data: Data[number],
  owner: string,
  type: number,
  soa: readonly ResourceRecord[],
): readonly ResourceRecord[] {
  // One small record for whoever asks for everything, who could be somebody else than he says (RFC 8482 4.2).
  if (type === recordTypes.ANY) return [{ owner, type: 'HINFO', cpu: 'RFC8482', os: '' }];
  switch (data.kind) {
    case 'apex':
      if (type === recordTypes.SOA) return soa;
      return type === recordTypes.NS ? [{ owner, type: 'NS', target: data.server }] : [];
    case 'reverse':
      return type === recordTypes.PTR ? data.targets.map((target) => ({ owner, type: 'PTR', target })) : [];
    case 'machine':
      if (type === recordTypes.A) return addressRecords(data.addresses, owner, 'ipv4');
      if (type === recordTypes.AAAA) return addressRecords(data.addresses, owner, 'ipv6');
      return type === recordTypes.TXT && data.text.length > 0 ? [{ owner, type: 'TXT', strings: data.text }] : [];
  }
}

function addressRecords(addresses: readonly HostAddress[], owner: string, family: Address['family']): ResourceRecord[] {
  const type = family === 'ipv4' ? 'A' : 'AAAA';
  const own = addresses.filter((address) => address.family === family);
  // The same address on two interfaces is one to whoever cannot say which interface he means.
  const seen = new Set<string>();
  return own.flatMap(({ bytes }) => {
    const key = bytes.join();
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ owner, type, address: bytes } as const];
  });
}

const loopback: readonly HostAddress[] = [
  { family: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1) },
  { family: 'ipv6', bytes: Uint8Array.of(...Array(15).fill(0), 1) },
];
const refused: Answer = { code: 'REFUSED', answers: [], authority: [] };
const malformed: Answer = { code: 'FORMERR', answers: [], authority: [] };
