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
    },
    listener: (signal: { readonly body: readonly unknown[] }) => void,
  ): Promise<() => void>;
  onClosed(listener: () => void): void;
}

/** Where org.freedesktop.systemd1(5) is. */
export const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;
