import { DBusError } from '../../../src/dbus/errors.ts';
import { connectBus } from '../../support/bus.ts';
import { addressesBetween, type Door } from '../asker.ts';

const AF_INET = 2;
const MANAGER = {
  destination: 'org.freedesktop.machine1',
  path: '/org/freedesktop/machine1',
  interface: 'org.freedesktop.machine1.Manager',
};

/** Addresses over a bus, as libnss_mymachines asks for them. */
export function busDoor(address: string): Door {
  return {
    name: 'org.freedesktop.machine1',
    askers: 2,
    async open() {
      const bus = await connectBus(address);
      return {
        async ask({ name }) {
          try {
            const call = { ...MANAGER, member: 'GetMachineAddresses', signature: 's', body: [name] };
            const [addresses] = await bus.call(call);
            return (addresses as readonly (readonly [number, Uint8Array])[])
              .filter(([family]) => family === AF_INET)
              .map(([, bytes]) => bytes.join('.'))
              .sort()
              .join(' ');
          } catch (error) {
            if (error instanceof DBusError && error.errorName.endsWith('.NoSuchMachine')) return 'none';
            throw error;
          }
        },
        right: addressesBetween,
        close: () => bus.close(),
      };
    },
  };
}

/** The names that a bus has machines under, without the host's own. */
export async function namesOnBus(address: string): Promise<string[]> {
  const bus = await connectBus(address);
  try {
    const [machines] = await bus.call({ ...MANAGER, member: 'ListMachines' });
    return (machines as readonly (readonly string[])[])
      .map(([name]) => name as string)
      .filter((name) => name !== '.host')
      .sort();
  } finally {
    bus.close();
  }
}
