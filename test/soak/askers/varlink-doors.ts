import { VarlinkClient, VarlinkError } from '../../../src/varlink/index.ts';
import { addressesBetween, type Door } from '../asker.ts';
import type { Place } from '../world.ts';

/** Users by id and by name. */
export function userDoor(path: string): Door {
  return {
    name: 'io.systemd.UserDatabase',
    askers: 6,
    async open() {
      const client = await VarlinkClient.connect(path);
      let count = 0;
      let byName = false;
      // Also of a place that is empty now.
      const bases = new Map<Place, number>();
      return {
        async ask(place) {
          const base = place.tenant.now?.uidBase ?? bases.get(place);
          if (base !== undefined) bases.set(place, base);
          byName = base === undefined || ++count % 2 === 0;
          const who = byName ? { userName: `vu-${place.name}-33` } : { uid: (base as number) + 33 };
          const service = 'io.systemd.Machine';
          const reply = await orNone(client.call('io.systemd.UserDatabase.GetUserRecord', { ...who, service }));
          const record = reply?.['record'] as { readonly userName: string; readonly uid: number } | undefined;
          return record === undefined ? 'none' : `${record.userName} ${record.uid}`;
        },
        right(place, start, end) {
          return place.tenant.between(start, end).map((tenant) => {
            if (tenant === undefined || !(byName || tenant.uidBase === bases.get(place))) return 'none';
            return `vu-${place.name}-33 ${tenant.uidBase + 33}`;
          });
        },
        close: () => client.close(),
      };
    },
  };
}

/** Machines by name. */
export function machineDoor(path: string): Door {
  return {
    name: 'io.systemd.Machine',
    askers: 2,
    async open() {
      const client = await VarlinkClient.connect(path);
      return {
        async ask({ name }) {
          const reply = await orNone(client.call('io.systemd.Machine.List', { name }));
          return reply === undefined ? 'none' : `${(reply['leader'] as { readonly pid: number }).pid}`;
        },
        right: ({ tenant }, start, end) => tenant.between(start, end).map((one) => `${one?.leader ?? 'none'}`),
        close: () => client.close(),
      };
    },
  };
}

/** Addresses, as systemd-resolved asks for them. */
export function hookDoor(path: string): Door {
  return {
    name: 'io.systemd.Resolve.Hook',
    askers: 3,
    async open() {
      const client = await VarlinkClient.connect(path);
      return {
        async ask({ name }) {
          const question = [{ key: { class: 1, type: 1, name } }];
          const { rcode, answer } = await client.call('io.systemd.Resolve.Hook.ResolveRecord', { question });
          if (rcode === undefined) return 'none';
          const records = answer as readonly { readonly rr: { readonly address: readonly number[] } }[];
          return records
            .map(({ rr }) => rr.address.join('.'))
            .sort()
            .join(' ');
        },
        right: addressesBetween,
        close: () => client.close(),
      };
    },
  };
}

/** What a call gives, or undefined where there is no such thing. */
async function orNone(call: Promise<Record<string, unknown>>): Promise<Record<string, unknown> | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof VarlinkError && /\.(NoRecordFound|NoSuchMachine)$/.test(error.error)) return undefined;
    throw error;
  }
}

/** Registers a machine, as systemd-nspawn does. */
export async function register(client: VarlinkClient, { name }: Place, leader: number): Promise<void> {
  await client.call('io.systemd.Machine.Register', { name, class: 'container', leader });
}
