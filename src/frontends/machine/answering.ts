import { wireError } from './errors.ts';

/** Errors of the domain become those of the interface. */
export async function answering<Reply>(answer: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await answer();
  } catch (error) {
    throw wireError(error);
  }
}
