import {
  type BusAddress,
  parseBusAddress,
  sessionBusAddress,
  systemBusAddress,
} from '../../dbus/connection/address.ts';

/** The bus that a daemon is to be found on. */
export interface BusChoice {
  /** `system`, `session` or an address: as it was asked for. */
  readonly name: string;
  readonly addresses: readonly BusAddress[];
  /** Somebody asked for it: a bus that refuses is an error then, and not just a pity. */
  readonly required: boolean;
}

/** What a bus is chosen by. */
export interface BusCircumstances {
  readonly uid: number;
  readonly environment: NodeJS.ProcessEnv;
  /** The runtime directory is not the usual one, so that a second daemon may well be meant: it has no bus by itself. */
  readonly apart: boolean;
}

/**
 * The bus for `--bus=system|session|none|ADDRESS`; without it root's daemon is on the system bus, and a user's on the
 * session bus where there is one, as systemd-machined's is (systemd 259). Undefined for none.
 * Throws an Error that says what is wrong with an address.
 */
export function chooseBus(asked: string | undefined, circumstances: BusCircumstances): BusChoice | undefined {
  const { uid, environment, apart } = circumstances;
  if (asked === 'none' || (asked === undefined && apart)) return undefined;
  const name = asked ?? (uid === 0 ? 'system' : 'session');
  try {
    return { name, addresses: parseBusAddress(addressOf(name, environment)), required: asked !== undefined };
  } catch (error) {
    if (asked === undefined) return undefined;
    throw error;
  }
}

function addressOf(name: string, environment: NodeJS.ProcessEnv): string {
  if (name === 'system') return systemBusAddress(environment);
  if (name === 'session') return sessionBusAddress(environment);
  return name;
}
