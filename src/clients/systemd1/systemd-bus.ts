/** A signal that came in. */
export interface UnitSignal {
  readonly path: string;
  readonly body: readonly unknown[];
}

/**
 * What the client needs of a connection to the bus that the service manager is on: the system's, or a user's session
 * bus. Descriptors in a body are the connection's from then on. What fails is a DBusError.
 */
export interface SystemdBus {
  call(request: {
    readonly destination: string;
    readonly path: string;
    readonly interface: string;
    readonly member: string;
    readonly signature: string;
    readonly body: readonly unknown[];
    /** Milliseconds. */
    readonly timeout?: number;
  }): Promise<readonly unknown[]>;
  match(
    rule: {
      readonly sender: string;
      readonly interface: string;
      readonly member: string;
      readonly path?: string;
      readonly arg0?: string;
    },
    listener: (signal: UnitSignal) => void,
  ): Promise<() => void>;
  onClosed(listener: () => void): void;
}

/** Where org.freedesktop.systemd1(5) is. */
export const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

/** Below this is an object for each unit. */
const unitPrefix = '/org/freedesktop/systemd1/unit/';

/** The object of a unit: all but letters and digits as `_` and two hexadecimal digits (sd_bus_path_encode(3)). */
export function unitPath(unit: string): string {
  const escaped = Array.from(Buffer.from(unit), (byte, index) => {
    const character = String.fromCharCode(byte);
    const plain = /[a-zA-Z]/.test(character) || (index > 0 && /\d/.test(character));
    return plain ? character : `_${byte.toString(16).padStart(2, '0')}`;
  });
  return `${unitPrefix}${escaped.join('') || '_'}`;
}

/** The unit of an object, if it is one's. */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(unitPrefix)) return undefined;
  return path
    .slice(unitPrefix.length)
    .replace(/_([0-9a-f]{2})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
