import { PreparedBody, type Reply } from '../call.ts';
import { descriptorsIn, type EncodedBody, encodeBody } from '../codec/body-encoder.ts';
import { closeDescriptors, requireOpen } from './descriptor-queue.ts';

/**
 * The body of a message that is to go out. The descriptors in it are for whoever sends it from now on.
 * Throws what {@link encodeBody} throws, or the error of a number that is no open descriptor; all descriptors in the
 * body are closed then.
 */
export function encodeOutgoing(body: Reply): EncodedBody {
  if (body instanceof PreparedBody) return { bytes: body.bytes, descriptors: NONE };
  try {
    const encoded = encodeBody(body.signature, body.body);
    requireOpen(encoded.descriptors);
    return encoded;
  } catch (error) {
    discardOutgoing(body);
    throw error;
  }
}

/** Closes the descriptors of a body that goes nowhere. */
export function discardOutgoing(body: Reply): void {
  if (!(body instanceof PreparedBody)) closeDescriptors(descriptorsIn(body.signature, body.body));
}

const NONE: readonly number[] = [];
