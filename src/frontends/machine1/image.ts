import { type ImplementedInterface, implement } from '../../dbus/objects/implement.ts';
import type { Image } from '../../machine/images.ts';
import { unknownSize } from './encode.ts';
import type { ImageMethods } from './image-methods.ts';
import { description } from './org.freedesktop.machine1.Image.ts';

/** org.freedesktop.machine1.Image of any image. */
export function imageInterface(images: ImageMethods): ImplementedInterface<Image> {
  return implement<typeof description, Image>(description, {
    properties: {
      Name: ({ name }) => name,
      Path: ({ path }) => path,
      Type: ({ type }) => type,
      ReadOnly: ({ readOnly }) => readOnly,
      CreationTimestamp: ({ creationTime = 0 }) => BigInt(creationTime),
      ModificationTimestamp: ({ modificationTime = 0 }) => BigInt(modificationTime),
      Usage: ({ usage = unknownSize }) => usage,
      Limit: ({ limit = unknownSize }) => limit,
      UsageExclusive: ({ usageExclusive = unknownSize }) => usageExclusive,
      LimitExclusive: ({ limitExclusive = unknownSize }) => limitExclusive,
    },
    methods: {
      Remove: (_, call, { name }) => images.remove(name, call),
      Rename: ({ 0: newName }, call, { name }) => images.rename(name, newName, call),
      Clone: ({ 0: newName, 1: readOnly }, call, { name }) => images.clone(name, newName, readOnly, call),
      MarkReadOnly: ({ 0: readOnly }, call, { name }) => images.markReadOnly(name, readOnly, call),
      SetLimit: ({ 0: size }, call, { name }) => images.setLimit(name, size, call),
      GetHostname: async (_, call, { name }) => ({ 0: await images.getHostname(name, call) }),
      GetMachineID: async (_, call, { name }) => ({ 0: await images.getMachineId(name, call) }),
      GetMachineInfo: (_, call, { name }) => images.getMachineInfo(name, call),
      GetOSRelease: (_, call, { name }) => images.getOSRelease(name, call),
    },
  });
}
