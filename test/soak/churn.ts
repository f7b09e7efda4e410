import { setTimeout as sleep } from 'node:timers/promises';
import { VarlinkClient } from '../../src/varlink/index.ts';
import { IpBatch } from '../support/ip-batch.ts';
import { type Container, startContainer } from '../support/namespaces.ts';
import { register } from './askers/varlink-doors.ts';
import { KNOWN_WITHIN, type Place, type World } from './world.ts';

/** How often the churn did what. */
export interface Done {
  registrations: number;
  unregistrations: number;
  deaths: number;
  addressChanges: number;
}

/** A real container under a name. */
interface Resident {
  readonly container: Container;
  /** ip(8) in it. */
  readonly ip: IpBatch;
}

/** Has machines come, change and go, one thing after the other, until it is stopped. */
export class Churn {
  readonly done: Done = { registrations: 0, unregistrations: 0, deaths: 0, addressChanges: 0 };
  readonly #world: World;
  readonly #machineSocket: string;
  readonly #fault: (text: string) => void;
  readonly #residents = new Map<Place, Resident>();
  /** Those of which not all has been heard yet. */
  readonly #busy = new Set<Place>();
  /** So that no two containers have the same, nor one the same twice. */
  #addresses = 0;
  #nextBase = FIRST_BASE;
  #paused: Promise<void> = Promise.resolve();
  #resume: () => void = () => {};
  #stopped = false;
  #over: Promise<void> = Promise.resolve();

  constructor(world: World, machineSocket: string, fault: (text: string) => void) {
    this.#world = world;
    this.#machineSocket = machineSocket;
    this.#fault = fault;
  }

  start(): void {
    this.#over = this.#run().catch((error: Error) => this.#fault(`churn: ${error.message}`));
  }

  /** Does nothing from when it returns, and everybody knows of all that was, until {@link resume}. */
  async pause(): Promise<void> {
    this.#paused = new Promise((resolve) => {
      this.#resume = resolve;
    });
    while (this.#busy.size > 0) await sleep(20);
    await sleep(KNOWN_WITHIN);
  }

  resume(): void {
    this.#resume();
  }

  /** Ends it, and then every machine. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#resume();
    await this.#over;
    await Promise.all([...this.#residents.keys()].map((place) => this.#kill(place)));
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#paused;
      if (this.#stopped) return;
      const place = this.#pick();
      if (place === undefined) await sleep(20);
      else if (!this.#residents.has(place)) await this.#move(place);
      else {
        const dice = Math.random();
        if (dice < 0.85) this.#during(place, this.#changeAddresses(place));
        else if (dice < 0.93) await this.#unregister(place);
        else this.#during(place, this.#kill(place));
        await sleep(PAUSE);
      }
    }
  }

  #pick(): Place | undefined {
    const free = this.#world.places.filter((place) => !this.#busy.has(place));
    return free[Math.floor(Math.random() * free.length)];
  }

  /** Nothing else is done to a place until this is over. */
  #during(place: Place, what: Promise<void>): void {
    this.#busy.add(place);
    void what
      .catch((error: Error) => this.#fault(`churn of ${place.name}: ${error.message}`))
      .finally(() => this.#busy.delete(place));
  }

  async #move(place: Place): Promise<void> {
    const addresses = Array.from({ length: Math.floor(Math.random() * 3) }, () => this.#address());
    const uidBase = this.#nextBase;
    this.#nextBase += 65_536;
    const container = await startContainer({ uidBase, addresses: addresses.map((address) => `${address}/32`) });
    this.#residents.set(place, { container, ip: new IpBatch(container) });
    const known = place.addresses.begin(addresses.sort());
    const settled = place.tenant.begin({ leader: container.pid, uidBase });
    await this.#call((client) => register(client, place, container.pid));
    settled(0);
    known(KNOWN_WITHIN);
    this.done.registrations++;
  }

  async #changeAddresses(place: Place): Promise<void> {
    const { ip } = this.#residents.get(place) as Resident;
    const now = place.addresses.now;
    const remove = now.length > 4 || (now.length > 0 && Math.random() < 0.4);
    const [oldest = ''] = now;
    const address = this.#address();
    const known = place.addresses.begin(remove ? now.slice(1) : [...now, address].sort());
    ip.run(remove ? `address del ${oldest}/32 dev host0` : `address add ${address}/32 dev host0`);
    this.done.addressChanges++;
    // ip(8) does not say when it has done it.
    known(2 * KNOWN_WITHIN);
    await sleep(2 * KNOWN_WITHIN);
  }

  async #unregister(place: Place): Promise<void> {
    const resident = this.#residents.get(place) as Resident;
    const settled = place.tenant.begin(undefined);
    await this.#call((client) => client.call('io.systemd.Machine.Unregister', { name: place.name }));
    settled(0);
    this.done.unregistrations++;
    this.#residents.delete(place);
    await end(resident);
  }

  async #kill(place: Place): Promise<void> {
    const resident = this.#residents.get(place) as Resident;
    const settled = place.tenant.begin(undefined);
    // Its network may go before it does.
    const known = place.addresses.begin([]);
    await end(resident);
    this.#residents.delete(place);
    settled(KNOWN_WITHIN);
    known(KNOWN_WITHIN);
    this.done.deaths++;
    await sleep(KNOWN_WITHIN);
  }

  /** Over a connection of its own, as tools do it. */
  async #call(what: (client: VarlinkClient) => Promise<unknown>): Promise<void> {
    const client = await VarlinkClient.connect(this.#machineSocket);
    try {
      await what(client);
    } finally {
      client.close();
    }
  }

  #address(): string {
    const number = this.#addresses++ % (1 << 24);
    return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
  }
}

async function end({ container, ip }: Resident): Promise<void> {
  await container.stop();
  // It complains about what it was told to do in what has gone.
  await ip.end().catch(() => {});
}

const FIRST_BASE = 0x2000_0000;
/** Milliseconds between two changes. */
const PAUSE = 10;
