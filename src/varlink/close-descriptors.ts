import { closeSync } from 'node:fs';

/** @private Closes descriptors that are to go nowhere. One that is closed already keeps none of the others open. */
export function closeDescriptors(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) {
    try {
      closeSync(descriptor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error;
    }
  }
}
