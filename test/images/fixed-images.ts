import { ImageService } from '../../src/images/image-service.ts';
import type { Authority } from '../../src/machine/authorize.ts';
import { MachineError } from '../../src/machine/errors.ts';
import type { Image, ImageMetadata, ImageOperations, ImagePool, Images } from '../../src/machine/images.ts';

/** Images that are what they are, and say of themselves what `metadata` has; others cannot be looked into. */
export function fixedImages(
  all: readonly Image[],
  metadata: Readonly<Record<string, ImageMetadata>> = {},
  pool: ImagePool = { path: '/var/lib/machines' },
): Images {
  return {
    list: async () => all,
    find: async (name) => {
      const found = all.find((image) => image.name === name);
      if (found === undefined) throw new MachineError('no-such-image', `No image '${name}' known`);
      return found;
    },
    metadata: async ({ name }) => {
      const told = metadata[name];
      if (told === undefined) throw new MachineError('not-supported', `${name} cannot be looked into`);
      return told;
    },
    pool: async () => pool,
  };
}

/** Authorizes, and can change nothing. */
export function unchangeable(images: Images, authority: Authority): ImageOperations {
  return new ImageService({ images, authority, onDeed: () => {} });
}

/** An image of this name, as there are most. */
export function sampleImage(name: string, more: Partial<Image> = {}): Image {
  return { name, path: `/var/lib/machines/${name}`, type: 'directory', readOnly: false, ...more };
}
