import { BUS_NAME } from '../names.ts';
import { hasOwner, type MatchRule, matchesArgument, matchesHeader, type Signal, type SignalListener } from './match.ts';

/** A rule that somebody listens to. */
interface Match {
  readonly rule: MatchRule;
  readonly listener: SignalListener;
}

/** Who has a well-known name that rules ask for. */
interface Owner {
  uniqueName: string | undefined;
  /** A change was told, which is never older than the answer to the first question. */
  changed: boolean;
  /** How many rules need it. */
  users: number;
  /** Fulfilled when the bus has been asked. */
  readonly ready: Promise<() => void>;
}

/** What is asked of the bus. */
export interface MatchBus {
  addMatch(rule: MatchRule): Promise<void>;
  /** Without waiting for an answer. */
  removeMatch(rule: MatchRule): void;
  /** Undefined: nobody has the name. */
  ownerOf(name: string): Promise<string | undefined>;
}

/** The rules of a connection and their listeners. */
export class Matches {
  readonly #bus: MatchBus;
  readonly #matches = new Set<Match>();
  readonly #owners = new Map<string, Owner>();

  constructor(bus: MatchBus) {
    this.#bus = bus;
  }

  /** Fulfilled, with what ends it, when the bus knows the rule; rejected when it does not take it. */
  async add(rule: MatchRule, listener: SignalListener): Promise<() => void> {
    const match: Match = { rule, listener };
    this.#matches.add(match);
    const owner = hasOwner(rule.sender) ? this.#useOwner(rule.sender) : undefined;
    try {
      await Promise.all([this.#bus.addMatch(rule), owner?.ready]);
    } catch (error) {
      this.#remove(match);
      throw error;
    }
    return () => {
      if (this.#remove(match)) this.#bus.removeMatch(rule);
    };
  }

  /** Whether anybody listens to such a signal; if not its body need not be read. */
  wants(signal: Omit<Signal, 'body'>): boolean {
    for (const { rule } of this.#matches) {
      if (matchesHeader(rule, signal, this.#ownerOf(rule))) return true;
    }
    return false;
  }

  /** Tells everybody who listens. @param onError told of what a listener throws; the others are told all the same */
  deliver(signal: Signal, onError: (error: unknown) => void): void {
    for (const { rule, listener } of [...this.#matches]) {
      if (!matchesHeader(rule, signal, this.#ownerOf(rule)) || !matchesArgument(rule, signal)) continue;
      try {
        listener(signal);
      } catch (error) {
        onError(error);
      }
    }
  }

  #ownerOf(rule: MatchRule): string | undefined {
    return rule.sender === undefined ? undefined : this.#owners.get(rule.sender)?.uniqueName;
  }

  #remove(match: Match): boolean {
    if (!this.#matches.delete(match)) return false;
    const { sender } = match.rule;
    const owner = hasOwner(sender) ? this.#owners.get(sender) : undefined;
    if (owner !== undefined && --owner.users === 0) {
      this.#owners.delete(sender as string);
      owner.ready.then(
        (stop) => stop(),
        () => {},
      );
    }
    return true;
  }

  #useOwner(name: string): Owner {
    const known = this.#owners.get(name);
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const owner: Owner = { uniqueName: undefined, changed: false, users: 1, ready: this.#follow(name) };
    this.#owners.set(name, owner);
    return owner;
  }

  /** The question is asked when changes are listened to already, so that none is missed. */
  async #follow(name: string): Promise<() => void> {
    const rule = { sender: BUS_NAME, interface: BUS_NAME, member: 'NameOwnerChanged', arg0: name };
    const listener = ({ signature, body }: Signal): void => {
      const owner = this.#owners.get(name);
      if (owner === undefined || signature !== 'sss') return;
      owner.uniqueName = (body[2] as string) || undefined;
      owner.changed = true;
    };
    const [stop] = await Promise.all([
      this.add(rule, listener),
      this.#bus.ownerOf(name).then((uniqueName) => {
        const owner = this.#owners.get(name);
        if (owner?.changed === false) owner.uniqueName = uniqueName;
      }),
    ]);
    return stop;
  }
}
