import { fileURLToPath } from 'node:url';

// What of the package is not code that is imported. All are named from here, since this is as far below the package's
// directory in dist, where the code is in few files, as in src.

/** The command itself, as built. */
export const program: string = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** The templates of what `mymachines install` puts in place. */
export const share: string = fileURLToPath(new URL('../../share', import.meta.url));
