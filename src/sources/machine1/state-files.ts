import { readdirSync } from 'node:fs';
import { isMachineName } from '../../machine/machine-name.ts';

/**
 * Whether systemd-machined has machines, by the files that it keeps of them: also while it does not run. False where
 * there is no such directory, or none that can be read.
 */
export function hasStateFiles(directory: string): boolean {
  try {
    return readdirSync(directory).some(isMachineName);
  } catch {
    return false;
  }
}
