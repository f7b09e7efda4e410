import type { Authority } from '../../machine/authorize.ts';
import { MachineError } from '../../machine/errors.ts';
import { type Image, type ImageOperations, type Images, parseImageName } from '../../machine/images.ts';
import type { Caller } from '../../machine/operations.ts';
import { type Call, expectedMore, type Implementation, implementLater } from '../../varlink/index.ts';
import { type ImageReply, imageReply, removedReply } from './encode.ts';
import { wireError } from './errors.ts';
import { type AcquireMetadata, description, type Methods } from './io.systemd.MachineImage.ts';

/** What io.systemd.MachineImage is answered from. */
export interface MachineImageServices {
  readonly images: Images;
  readonly imageOperations: ImageOperations;
  readonly authority: Authority;
  /** Who makes a call. @throws MachineError `permission-denied` when the transport cannot tell */
  readonly callerOf: (
    call: Call,
    parameters: { readonly allowInteractiveAuthentication?: boolean | null | undefined },
  ) => Caller;
}

/** io.systemd.MachineImage over the images of a host. */
export function machineImageInterface({
  images,
  imageOperations: operations,
  authority,
  callerOf,
}: MachineImageServices): Implementation {
  const mayInspect = async (acquire: AcquireMetadata, { name }: ListParameters, caller: Caller): Promise<void> => {
    if (acquire === 'no') return;
    await authority.authorize('inspect-image', caller, undefined, { name: name ?? 'n/a' });
  };

  return implementLater(description, {
    List: (parameters, call) => {
      const { name } = parameters;
      const acquire = parameters.acquireMetadata ?? 'no';
      if (typeof name === 'string') {
        return answering(async () => {
          parseImageName(name, 'name');
          const caller = callerOf(call, parameters);
          await mayInspect(acquire, parameters, caller);
          return reply(images, await images.find(name, caller), acquire, caller);
        });
      }
      if (!call.more) return expectedMore();
      return streaming(async () => {
        const caller = callerOf(call, parameters);
        await mayInspect(acquire, parameters, caller);
        return several(await images.list(caller), (image) => reply(images, image, acquire, caller));
      });
    },
    Update: (parameters, call) =>
      answering(async () => {
        const { name, newName, readOnly, limit } = parameters;
        const update = {
          ...(typeof newName === 'string' && { newName }),
          ...(typeof readOnly === 'boolean' && { readOnly }),
          ...(typeof limit === 'number' && { limit: readLimit(limit) }),
        };
        await operations.update(name, update, callerOf(call, parameters));
        return {};
      }),
    Clone: (parameters, call) =>
      answering(async () => {
        const { name, newName, readOnly } = parameters;
        await operations.clone(name, newName, readOnly === true, callerOf(call, parameters));
        return {};
      }),
    Remove: (parameters, call) =>
      answering(async () => {
        await operations.remove(parameters.name, callerOf(call, parameters));
        return {};
      }),
    SetPoolLimit: (parameters, call) =>
      answering(async () => {
        await operations.setPoolLimit(readLimit(parameters.limit), callerOf(call, parameters));
        return {};
      }),
    CleanPool: (parameters, call) =>
      call.more
        ? streaming(async () => {
            const removed = await operations.cleanPool(parameters.mode, callerOf(call, parameters));
            return several(removed, removedReply);
          })
        : expectedMore(),
  });
}

type ListParameters = Methods['List']['parameters'];

/** Replies, of which the last is what is returned. */
type Several<Reply> = AsyncGenerator<Reply, Reply, void>;

/** @throws MachineError `no-such-image` for none, as systemd 262 */
async function* several<T, Reply>(all: readonly T[], reply: (one: T) => Reply | Promise<Reply>): Several<Reply> {
  const last = all.at(-1);
  if (last === undefined) throw new MachineError('no-such-image', 'there are no such images');
  for (const one of all.slice(0, -1)) yield await reply(one);
  return reply(last);
}

async function reply(images: Images, image: Image, acquire: AcquireMetadata, caller: Caller): Promise<ImageReply> {
  if (acquire === 'no') return imageReply(image);
  try {
    return imageReply(image, await images.metadata(image, caller));
  } catch (error) {
    if (acquire === 'graceful' && error instanceof MachineError) return imageReply(image);
    throw error;
  }
}

/** @throws MachineError `invalid-parameter` */
function readLimit(limit: number): bigint {
  if (limit < 0) throw new MachineError('invalid-parameter', 'a limit is a number of bytes', 'limit');
  return BigInt(limit);
}

/** Errors of the domain become those of the interface. */
async function answering<Reply>(answer: () => Promise<Reply>): Promise<Reply> {
  try {
    return await answer();
  } catch (error) {
    throw wireError(error);
  }
}

/** The same for an answer of several replies. */
async function* streaming<Reply>(answer: () => Promise<Several<Reply>>): Several<Reply> {
  try {
    return yield* await answer();
  } catch (error) {
    throw wireError(error);
  }
}
