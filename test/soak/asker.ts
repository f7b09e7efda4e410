import { LONGEST, type Place, type World } from './world.ts';

/** Somebody who asks at one door, all the time. */
export interface Door {
  readonly name: string;
  /** Several that ask at once. */
  readonly askers: number;
  /** Connects one; rejected when nobody is there. */
  open(): Promise<Questions>;
}

/** A connection to a door. */
export interface Questions {
  /** Asks about a place, and gives the answer as text. Rejected when there is no answer. */
  ask(place: Place): Promise<string>;
  /** The texts of the answers that would have been right for it between two times. */
  right(place: Place, start: number, end: number): readonly string[];
  close(): void;
}

/** Asks at a door and compares, until it is stopped. */
export class Asker {
  answers = 0;
  /** Milliseconds that the slowest took. */
  longest = 0;
  #stopped = false;
  readonly #over: Promise<void>;

  /**
   * @param mayFail whether the door may be shut at the moment, as that of a bus is that is restarted
   * @param fault hears of answers that were not right
   */
  constructor(door: Door, world: World, mayFail: () => boolean, fault: (text: string) => void) {
    this.#over = this.#run(door, world, mayFail, fault);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#over;
  }

  async #run(door: Door, world: World, mayFail: () => boolean, fault: (text: string) => void): Promise<void> {
    while (!this.#stopped) {
      let questions: Questions | undefined;
      try {
        questions = await door.open();
        while (!this.#stopped) await this.#ask(door, questions, world.next(), fault);
      } catch (error) {
        if (!mayFail()) fault(`${door.name}: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      questions?.close();
    }
  }

  async #ask(door: Door, questions: Questions, place: Place, fault: (text: string) => void): Promise<void> {
    const start = performance.now();
    const answer = await questions.ask(place);
    const end = performance.now();
    this.longest = Math.max(this.longest, end - start);
    this.answers++;
    const right = questions.right(place, start, end);
    if (!right.includes(answer)) fault(`${door.name}: ${place.name} is ${answer}, and was ${right.join(' or ')}`);
    if (end - start > LONGEST) fault(`${door.name}: an answer took ${end - start} ms`);
  }
}

/** Texts of the addresses that a place may have had. */
export function addressesBetween(place: Place, start: number, end: number): string[] {
  const tenants = place.tenant.between(start, end);
  const texts: string[] = [];
  if (tenants.includes(undefined)) texts.push('none');
  if (tenants.some((tenant) => tenant !== undefined)) {
    for (const addresses of place.addresses.between(start, end)) texts.push(addresses.join(' '));
  }
  return texts;
}
