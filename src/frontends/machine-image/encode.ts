import type { Image, ImageMetadata, RemovedImage } from '../../machine/images.ts';
import type { Methods } from './io.systemd.MachineImage.ts';

/** A reply of List. */
export type ImageReply = Methods['List']['reply'];

/** An image as List tells of it, its fields in the order of systemd 262's. Empty lists are left out. */
export function imageReply(image: Image, metadata?: ImageMetadata): ImageReply {
  const { machineInfo = [], osRelease = [] } = metadata ?? {};
  return {
    name: image.name,
    path: image.path,
    type: image.type,
    class: 'machine',
    readOnly: image.readOnly,
    creationTimestamp: image.creationTime,
    modificationTimestamp: image.modificationTime,
    usage: size(image.usage),
    usageExclusive: size(image.usageExclusive),
    limit: size(image.limit),
    limitExclusive: size(image.limitExclusive),
    hostname: metadata?.hostname,
    machineId: metadata?.machineId,
    machineInfo: machineInfo.length > 0 ? machineInfo : undefined,
    OSRelease: osRelease.length > 0 ? osRelease : undefined,
  };
}

/** A reply of CleanPool. */
export function removedReply({ name, usageExclusive }: RemovedImage): Methods['CleanPool']['reply'] {
  return { name, usageExclusive: size(usageExclusive) };
}

/** Beyond 2^53 JSON numbers are near enough: that is 8 PiB. */
function size(bytes: bigint | undefined): number | undefined {
  return bytes === undefined ? undefined : Number(bytes);
}
