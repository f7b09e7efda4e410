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

/** An answer as JSON, which has no bigint: amounts are decimal digits there. */
export function answerText(answer: ImageAnswer): string {
  return JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

/** The answer that {@link answerText} wrote. */
export function parseAnswer(text: string): ImageAnswer {
  return JSON.parse(text, (key, value) => (AMOUNTS.has(key) ? BigInt(value) : value)) as ImageAnswer;
}

const AMOUNTS: ReadonlySet<string> = new Set<keyof Image | keyof ImagePool>([
  'usage',
  'usageExclusive',
  'limit',
  'limitExclusive',
]);
