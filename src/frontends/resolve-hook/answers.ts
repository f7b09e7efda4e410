import type { Machine } from '../../machine/machine.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import { reverseAddress, reverseName } from '../../resolver/reverse-name.ts';
import { PreparedReply, VarlinkError } from '../../varlink/index.ts';
import { addressRecords, pointerRecord, types } from './encode.ts';
import type { Answer, Methods, Question } from './io.systemd.Resolve.Hook.ts';
import { KeptReplies } from './kept-replies.ts';
import { INTERNET, type Key, readQuestion } from './parameters.ts';
import { readUsualQuestion } from './usual-question.ts';

/** What questions are answered from. */
export interface AnswerServices {
  readonly hostNames: HostNames;
  readonly metadata: Pick<MachineMetadata, 'refresh'>;
}

type Reply = PreparedReply<Methods['ResolveRecord']['reply']>;

/**
 * Answers questions for host names. Names of machines and of their addresses are answered whatever type is asked for, so
 * that the network is not asked about them; names below a machine's are not ours: a machine called `ai` must not take
 * the domain from the world (systemd#43783).
 *
 * The records of a machine's addresses are the same objects until they change, and a reply made of the same records is
 * made once.
 */
export class Answers {
  readonly #services: AnswerServices;
  /** Replies to one key, by the records that are in it. */
  readonly #single = new WeakMap<readonly Answer[], Reply>();
  /** By the first list of records: the last reply that was made of several. */
  readonly #joint = new WeakMap<readonly Answer[], JointReply>();
  readonly #kept = new KeptReplies();

  constructor(services: AnswerServices) {
    this.#services = services;
    services.hostNames.subscribe(() => this.#kept.clear());
  }

  /** The message that answers a call of the usual shape. */
  answerCall(call: Buffer): Buffer | undefined {
    const kept = this.#kept.find(call);
    if (kept !== 0) {
      for (const machine of this.#kept.machines(kept)) this.#services.metadata.refresh(machine);
      return this.#kept.message(kept);
    }
    const question = readUsualQuestion(call);
    const keys = question === undefined ? undefined : readQuestion(question);
    if (keys === undefined || keys instanceof VarlinkError) return undefined;
    const found = this.#findAll(keys);
    const { message } = this.#reply(found.records, keys.length);
    // What is not known by name may change without a word: the host's own addresses are nobody else's.
    if (found.machines.length === keys.length) {
      this.#kept.keep(call, { message, machines: [...new Set(found.machines)] });
    }
    return message;
  }

  /** The reply to a question of any number of keys, or InvalidParameter. */
  answer(question: readonly Question[]): Reply | VarlinkError {
    const keys = readQuestion(question);
    return keys instanceof VarlinkError ? keys : this.#reply(this.#findAll(keys).records, keys.length);
  }

  #reply(records: readonly (readonly Answer[])[], keys: number): Reply {
    const [first] = records;
    if (first === undefined) return notOurs;
    return keys === 1 ? this.#singleReply(first) : this.#jointReply(first, records);
  }

  /** The records for each key that is ours, and the machine for each that is a machine's name. */
  #findAll(keys: readonly Key[]): { records: readonly (readonly Answer[])[]; machines: readonly Machine[] } {
    const records: (readonly Answer[])[] = [];
    const machines: Machine[] = [];
    for (const key of keys) {
      const found = this.#find(key, machines);
      if (found !== undefined) records.push(found);
    }
    return { records, machines };
  }

  /** The records that there are; undefined when the name is none of ours. */
  #find({ class: dnsClass, type, name }: Key, machines: Machine[]): readonly Answer[] | undefined {
    const { hostNames, metadata } = this.#services;
    const answer = hostNames.resolve(name);
    if (answer.kind === 'found') {
      metadata.refresh(answer.machine);
      machines.push(answer.machine);
      if (dnsClass !== INTERNET || (type !== types.A && type !== types.AAAA)) return [];
      return addressRecords(answer.name, answer.addresses)[type];
    }
    const address = reverseAddress(name);
    const owners = address === undefined ? [] : hostNames.reverse(address);
    if (address === undefined || owners.length === 0) return undefined;
    if (dnsClass !== INTERNET || type !== types.PTR) return [];
    return owners.map((machine) => pointerRecord(reverseName(address), machine));
  }

  #singleReply(records: readonly Answer[]): Reply {
    const known = this.#single.get(records);
    if (known !== undefined) return known;
    const reply: Reply = new PreparedReply({ rcode: NO_ERROR, answer: records });
    this.#single.set(records, reply);
    return reply;
  }

  #jointReply(first: readonly Answer[], records: readonly (readonly Answer[])[]): Reply {
    const known = this.#joint.get(first);
    if (known !== undefined && isSame(known.records, records)) return known.reply;
    // Asked twice is answered once.
    const reply: Reply = new PreparedReply({ rcode: NO_ERROR, answer: distinct(records) });
    if (records.length <= MOST_KEPT) this.#joint.set(first, { records, reply });
    return reply;
  }
}

interface JointReply {
  readonly records: readonly (readonly Answer[])[];
  readonly reply: Reply;
}

const notOurs: Reply = new PreparedReply({});

/** RFC 1035 4.1.1 */
const NO_ERROR = 0;

/** Both kinds of addresses of one name. More are not usual, and would only be kept. */
const MOST_KEPT = 2;

function isSame(one: readonly (readonly Answer[])[], other: readonly (readonly Answer[])[]): boolean {
  return one.length === other.length && one.every((records, at) => records === other[at]);
}

function distinct(records: readonly (readonly Answer[])[]): readonly Answer[] {
  const byContent = new Map<string, Answer>();
  for (const record of new Set(records).values()) {
    for (const answer of record) byContent.set(answer.raw, answer);
  }
  return [...byContent.values()];
}
