import type { MethodCall } from '../../dbus/call.ts';
import type { ObjectTree } from '../../dbus/objects/object-tree.ts';
import type { Machine } from '../../machine/machine.ts';
import { asCaller } from './caller.ts';
import { imageInterface } from './image.ts';
import { ImageMethods } from './image-methods.ts';
import { InsideMethods } from './inside-methods.ts';
import { machineInterface } from './machine.ts';
import { MachineMethods } from './machine-methods.ts';
import { managerInterface } from './manager.ts';
import { imagesPath, machinesPath, managerPath } from './paths.ts';
import type { Machine1Services } from './services.ts';

/**
 * Puts org.freedesktop.machine1 into a tree: the registry, below it its machines, each under its name and the
 * caller's own under `self`, and images.
 */
export function machine1Objects(tree: ObjectTree, services: Machine1Services): void {
  const { registry, processes, inside } = services;
  const methods = new MachineMethods(services);
  const insideMethods = new InsideMethods(inside);
  const imageMethods = new ImageMethods(services.images, services.imageOperations);
  const own = (call: MethodCall): Promise<Machine | undefined> =>
    asCaller(call, ({ pid }) => (pid === 0 ? undefined : processes.machineOf({ pid })));
  let names: readonly string[] | undefined;
  registry.subscribe(({ kind }) => {
    if (kind !== 'changed') names = undefined;
  });
  tree.add(managerPath, managerInterface(services, { methods, inside: insideMethods, images: imageMethods }));
  tree.addFamily(
    imagesPath,
    { find: (name, call) => imageMethods.findObject(name, call), names: (call) => imageMethods.names(call) },
    imageInterface(imageMethods),
  );
  tree.addFamily(
    machinesPath,
    {
      find: (name, call) => (name === 'self' ? own(call) : registry.get(name)),
      names: () => {
        names ??= Array.from(registry, ({ name }) => name);
        return names;
      },
    },
    machineInterface(methods, insideMethods),
  );
}
