import type { MethodCall } from '../../../src/dbus/call.ts';
import { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { machine1Objects } from '../../../src/frontends/machine1/objects.ts';
import type { Machine1Services } from '../../../src/frontends/machine1/services.ts';
import { Inside, type InsideParts } from '../../../src/inside/inside.ts';
import { Authority } from '../../../src/machine/authorize.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { fixedImages, sampleImage, unchangeable } from '../../images/fixed-images.ts';

const notCalled = () => {
  throw new Error('not to be called here');
};

/** What front ends of machines need beside a registry; nothing can be changed. */
export function servicesOver(registry: Registry): Machine1Services {
  const authority = new Authority(0);
  const images = fixedImages([sampleImage('x')]);
  return {
    registry,
    operations: {
      register: notCalled,
      create: notCalled,
      unregister: notCalled,
      terminate: notCalled,
      kill: notCalled,
    },
    processes: { machineOf: ({ pid }) => registry.byLeader(pid), claimOf: notCalled },
    metadata: { hostAddresses: () => [], osRelease: notCalled, refresh: () => {} },
    authority,
    inside: insideOver({ registry, authority }),
    images,
    imageOperations: unchangeable(images, authority),
  };
}

/** Authorizes, and has nothing that could do what is allowed but what it is given. */
export function insideOver(parts: Pick<InsideParts, 'registry' | 'authority'> & Partial<InsideParts>): Inside {
  return new Inside({
    uid: 0,
    files: { openRootDirectory: notCalled },
    ownsUsers: () => true,
    keeps: () => true,
    onDeed: () => {},
    ...parts,
  });
}

/** A front end over a registry with these machines, which does nothing but what `services` has. */
export function treeOf(
  machines: readonly Machine[],
  services: Partial<Machine1Services> & Pick<Partial<InsideParts>, 'files'> = {},
): { readonly tree: ObjectTree; readonly registry: Registry } {
  const registry = new Registry();
  for (const machine of machines) registry.add(machine);
  const tree = new ObjectTree({ machineId: '0'.repeat(32), uid: 0 });
  const { files, authority = new Authority(0), ...others } = services;
  const inside = insideOver({ registry, authority, ...(files !== undefined && { files }) });
  machine1Objects(tree, { ...servicesOver(registry), authority, inside, ...others });
  return { tree, registry };
}

/** A call of root's to Manager. */
export function managerCall(
  member: string,
  signature = '',
  body: readonly unknown[] = [],
  more: Partial<MethodCall> = {},
): MethodCall {
  return {
    sender: ':1.7',
    path: '/org/freedesktop/machine1',
    interface: 'org.freedesktop.machine1.Manager',
    member,
    signature,
    body,
    interactive: false,
    credentials: async () => ({ uid: 0, gid: 0, pid: 4711, pidfd: undefined }),
    claim: notCalled,
    ...more,
  };
}
