import type { Bus } from '../../dbus/connection/bus.ts';
import {
  DBusError,
  ERROR_DISCONNECTED,
  ERROR_LIMITS_EXCEEDED,
  ERROR_NAME_HAS_NO_OWNER,
  ERROR_NO_REPLY,
  ERROR_SERVICE_UNKNOWN,
  ERROR_TIMEOUT,
  ERROR_UNKNOWN_OBJECT,
} from '../../dbus/errors.ts';
import { escapePathElement } from '../../dbus/objects/path.ts';
import { hostMachineName, isMachineName, type MachineName } from '../../machine/machine-name.ts';
import { namesInList, toldByProperties } from './machine-properties.ts';
import { MachineReads } from './machine-reads.ts';
import type { MachinedNews } from './machined-news.ts';
import { machined } from './machined-on-bus.ts';

/** Whom to ask, and who is told. */
export interface BusListingParts {
  readonly bus: Pick<Bus, 'call'>;
  /**
   * The unique name of the one who has systemd-machined's name. Only this one is asked, so that no call of ours starts
   * another, and an answer is never another one's.
   */
  readonly owner: string;
  readonly news: MachinedNews;
  /** Milliseconds that an answer may take. */
  readonly patience: number;
}

/**
 * The machines of one run of systemd-machined: a list, the properties of each, and then what its signals say, which
 * {@link heard} must be told from before this is made.
 *
 * systemd-machined's messages arrive in the order in which it sent them, but we may hear of a signal before the answer
 * that came just before it. So a signal always has the last word: an answer to what was asked before it is dropped.
 */
export class BusListing {
  readonly #parts: BusListingParts;
  readonly #reads: MachineReads<unknown>;
  /** The question for the list whose answer counts; undefined when nothing is told any more. */
  #attempt: object | undefined;
  #listed = false;
  #retry: NodeJS.Timeout | undefined;
  #delay = FIRST_RETRY;

  constructor(parts: BusListingParts) {
    this.#parts = parts;
    this.#reads = new MachineReads(
      (name) => this.#properties(name),
      (name, properties) => this.#told(name, properties),
      (name, error) => this.#refused(name, error),
    );
    void this.#list();
  }

  /** A signal said that a machine is there now, or has gone. */
  heard(name: string, there: boolean): void {
    if (!this.#isName(name)) return;
    if (there) this.#reads.request(name);
    else this.#forget(name);
  }

  /** Asks for a machine of which there may be news without a signal. */
  recheck(name: MachineName): void {
    this.#reads.request(name);
  }

  /** Nothing is told any more. */
  end(): void {
    this.#attempt = undefined;
    clearTimeout(this.#retry);
    this.#reads.clear();
  }

  async #list(): Promise<void> {
    const attempt = {};
    this.#attempt = attempt;
    this.#listed = false;
    let names: readonly string[] | undefined;
    try {
      const [machines] = await this.#call(machined.path, machined.manager, 'ListMachines');
      names = namesInList(machines);
      if (names === undefined) throw new Error('the list of machines is of another type');
    } catch (error) {
      if (this.#attempt === attempt) this.#lose(error as Error);
      return;
    }
    if (this.#attempt !== attempt) return;
    this.#listed = true;
    const all = new Set(names.filter((name) => this.#isName(name)));
    this.#parts.news.listed(all);
    // Also those of which was heard meanwhile, that they have gone perhaps: the answer says so.
    for (const name of all) this.#reads.request(name);
    this.#settle();
  }

  async #properties(name: MachineName): Promise<unknown> {
    const path = `${machined.path}/machine/${escapePathElement(name)}`;
    const [properties] = await this.#call(path, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [machined.machine]);
    return properties;
  }

  #call(path: string, interfaceName: string, member: string, signature = '', body: readonly unknown[] = []) {
    const { bus, owner, patience } = this.#parts;
    return bus.call({ destination: owner, path, interface: interfaceName, member, signature, body, timeout: patience });
  }

  #told(name: MachineName, properties: unknown): void {
    this.#parts.news.told(name, toldByProperties(properties));
    this.#settle();
  }

  #refused(name: MachineName, error: Error): void {
    if (!isAnswer(error)) {
      this.#lose(error);
      return;
    }
    if (error.errorName === ERROR_UNKNOWN_OBJECT) this.#parts.news.gone(name);
    else this.#parts.news.problem(name, new Error(`machine ${name} cannot be read`, { cause: error }));
    this.#settle();
  }

  #forget(name: MachineName): void {
    this.#reads.forget(name);
    this.#parts.news.gone(name);
    this.#settle();
  }

  /** What was not answered is asked again from the beginning: there may be news by then of which no signal tells. */
  #lose(reason: Error): void {
    this.#listed = false;
    this.#reads.clear();
    this.#parts.news.lost(reason);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#list(), this.#delay).unref();
    this.#delay = Math.min(this.#delay * 2, LAST_RETRY);
  }

  #settle(): void {
    if (!this.#listed || !this.#reads.idle) return;
    this.#delay = FIRST_RETRY;
    this.#parts.news.current();
  }

  #isName(name: string): name is MachineName {
    if (isMachineName(name)) return true;
    if (name !== hostMachineName) {
      const shown = JSON.stringify(name.slice(0, 100));
      this.#parts.news.problem(shown, new Error(`${shown} cannot be the name of a machine`));
    }
    return false;
  }
}

/** Whether systemd-machined said it, rather than that it said nothing. */
function isAnswer(error: Error): error is DBusError {
  return error instanceof DBusError && !SILENCE.has(error.errorName);
}

const SILENCE: ReadonlySet<string> = new Set([
  ERROR_NO_REPLY,
  ERROR_TIMEOUT,
  ERROR_DISCONNECTED,
  ERROR_SERVICE_UNKNOWN,
  ERROR_NAME_HAS_NO_OWNER,
  ERROR_LIMITS_EXCEEDED,
]);

/** Milliseconds. */
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;
