import type { Image, ImageMetadata, ImagePool } from '../../machine/images.ts';

/** A question to the process that reads images (program.ts). */
export type ImageQuestion =
  | { readonly wanted: 'list' }
  | { readonly wanted: 'find'; readonly name: string }
  | { readonly wanted: 'metadata'; readonly path: string }
  | { readonly wanted: 'pool' };

/** Its answer. */
export type ImageAnswer =
  | { readonly images: readonly Image[] }
  /** Absent: there is none of that name. */
  | { readonly image?: Image }
  | { readonly metadata: ImageMetadata }
  | { readonly pool: ImagePool }
  | { readonly failure: { readonly errno: number; readonly code: string; readonly message: string } };
