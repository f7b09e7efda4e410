import { ImageChanger } from '../images/changing/image-changer.ts';
import { ImageService } from '../images/image-service.ts';
import { DiskReader } from '../images/reading/disk-reader.ts';
import { ImageReader } from '../images/reading/image-reader.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import type { Authority } from '../machine/authorize.ts';
import type { ImageOperations, Images } from '../machine/images.ts';
import type { MachineSource } from '../machine/machine-source.ts';
import type { TransientServices } from '../machine/transient-services.ts';
import type { Log } from './log/log.ts';
import { logImageDeed } from './log/log-deed.ts';
import { imageChangingProgram, imageReadingProgram } from './package-files.ts';

/** The images of the host, and what changes them. */
interface OpenImages {
  readonly images: Images;
  readonly imageOperations: ImageOperations;
  close(): void;
}

interface DaemonImagesParts {
  readonly authority: Authority;
  readonly loop: EventLoop;
  /** Where processes are watched that have begun something, also when this one is to end. */
  readonly jobLoop: EventLoop;
  readonly log: Log;
  readonly uid: number;
  readonly sources: readonly Pick<MachineSource, 'name'>[];
  /** The host's systemd; absent: there is none. */
  readonly services: TransientServices | undefined;
}

/** Nothing is looked at before somebody asks. */
export function openImages({ authority, loop, jobLoop, log, uid, sources, services }: DaemonImagesParts): OpenImages {
  const images = new ImageReader({ path: imageReadingProgram, loop }, new DiskReader(services));
  // Where systemd-machined is, they are for that to change; and what there is is the system's.
  const may = uid === 0 && sources.some(({ name }) => name === 'embedded');
  const changes = may
    ? new ImageChanger({ program: { path: imageChangingProgram, loop: jobLoop }, images })
    : undefined;
  const imageOperations = new ImageService({ images, changes, authority, onDeed: (deed) => logImageDeed(log, deed) });
  const close = (): void => {
    changes?.close();
    images.close();
  };
  return { images, imageOperations, close };
}
