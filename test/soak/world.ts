import { Timeline } from './timeline.ts';

/** What is registered under a name. */
export interface Tenant {
  readonly leader: number;
  /** The host's id that is 0 inside. */
  readonly uidBase: number;
}

/** What there is under a name, as it was brought about, not as the daemon tells it. */
export interface Place {
  readonly name: string;
  readonly tenant: Timeline<Tenant | undefined>;
  /** IPv4, sorted. */
  readonly addresses: Timeline<readonly string[]>;
}

/** Milliseconds after which everybody must know of an address that has come, and of a machine that has ended. */
export const KNOWN_WITHIN = 1000;

/** The names that machines come and go under, and what is right to say of each. */
export class World {
  readonly places: readonly Place[];
  #tick = 0;

  constructor(count: number) {
    this.places = Array.from({ length: count }, (_, index) => ({
      name: `soak${index}`,
      tenant: new Timeline<Tenant | undefined>(undefined),
      addresses: new Timeline<readonly string[]>([]),
    }));
  }

  /** One after the other, so that each has its turn. */
  next(): Place {
    const place = this.places[(this.#tick++ * 7) % this.places.length] as Place;
    if (this.#tick % 1000 === 0) {
      for (const { tenant, addresses } of this.places) {
        tenant.forget(performance.now() - LONGEST);
        addresses.forget(performance.now() - LONGEST);
      }
    }
    return place;
  }

  get present(): Place[] {
    return this.places.filter(({ tenant }) => tenant.now !== undefined);
  }
}

/** Milliseconds that any answer may take; a question that takes longer is a fault by itself. */
export const LONGEST = 10_000;
