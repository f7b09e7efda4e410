import type { CopyProgress, InsideOperations } from '../../machine/inside-operations.ts';
import { parseMachineReference } from '../../machine/machine-name.ts';
import type { Caller } from '../../machine/operations.ts';
import { parseNormalizedPath } from '../../machine/registration-rules.ts';
import type { Registry } from '../../machine/registry.ts';
import { type Call, errorsOf, type VarlinkError } from '../../varlink/index.ts';
import { description, type Methods } from './io.github.mymachines.Registry.ts';

type Parameters = Methods['Copy']['parameters'];
type Replies = AsyncGenerator<CopyProgress, CopyProgress, void>;

/** What copying takes. */
export interface CopyServices {
  readonly registry: Pick<Registry, 'get'>;
  readonly inside: Pick<InsideOperations, 'copy'>;
  callerOf(call: Call, parameters: Pick<Parameters, 'allowInteractiveAuthentication'>): Caller;
  wireError(error: unknown): VarlinkError;
}

/** Answers Copy: with `more` by how far it has got, and else when it is done. */
export async function copyFiles(
  { registry, inside, callerOf, wireError }: CopyServices,
  parameters: Parameters,
  call: Call,
): Promise<Replies | CopyProgress | VarlinkError> {
  try {
    const { direction, source, destination, replace } = parameters;
    const from = parseNormalizedPath(source, 'source');
    const to = typeof destination === 'string' ? parseNormalizedPath(destination, 'destination') : from;
    const machine = registry.get(parseMachineReference(parameters.name));
    if (machine === undefined) return fail('NoSuchMachine');
    const request = { direction, source: from, destination: to, replace: replace === true };
    const caller = callerOf(call, parameters);
    const replies = copyReplies((onProgress) => inside.copy(machine, request, caller, onProgress));
    return call.more ? translated(replies, wireError) : await lastOf(replies);
  } catch (error) {
    throw wireError(error);
  }
}

const fail = errorsOf(description);

/** Of what is told while nobody reads the last is kept. */
async function* copyReplies(copy: (onProgress: (progress: CopyProgress) => void) => Promise<void>): Replies {
  let told: CopyProgress = { bytes: 0, files: 0 };
  let news = false;
  let over = false;
  let wake = (): void => {};
  const end = copy(({ bytes, files }) => {
    told = { bytes, files };
    news = true;
    wake();
  }).finally(() => {
    over = true;
    wake();
  });
  // What it fails with is thrown below; who has left by then has left.
  end.catch(() => {});
  while (!over) {
    if (news) {
      news = false;
      yield told;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  await end;
  return told;
}

async function* translated(replies: Replies, wireError: CopyServices['wireError']): Replies {
  try {
    return yield* replies;
  } catch (error) {
    throw wireError(error);
  }
}

async function lastOf(replies: Replies): Promise<CopyProgress> {
  for (;;) {
    const { done, value } = await replies.next();
    if (done === true) return value;
  }
}
