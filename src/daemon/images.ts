import { ImageService } from '../images/image-service.ts';
import { ImageReader } from '../images/reading/image-reader.ts';
import type { Authority } from '../machine/authorize.ts';
import type { ImageOperations, Images } from '../machine/images.ts';
import type { Log } from './log/log.ts';
import { logImageDeed } from './log/log-deed.ts';
import { imageReadingProgram } from './package-files.ts';

/** The images of the host, and what changes them. */
interface OpenImages {
  readonly images: Images;
  readonly imageOperations: ImageOperations;
  close(): void;
}

/** Nothing is looked at before somebody asks. */
export function openImages(authority: Authority, log: Log): OpenImages {
  const images = new ImageReader(imageReadingProgram);
  const imageOperations = new ImageService({ images, authority, onDeed: (deed) => logImageDeed(log, deed) });
  return { images, imageOperations, close: () => images.close() };
}
