import { type Implementation, implementLater } from '../../varlink/index.ts';
import { type AnswerServices, Answers } from './answers.ts';
import type { Filter } from './filter.ts';
import { description } from './io.systemd.Resolve.Hook.ts';

/** What io.systemd.Resolve.Hook is answered from. */
export interface ResolveHookServices extends AnswerServices {
  readonly filter: Filter;
}

/** io.systemd.Resolve.Hook over host names: systemd-resolved asks it before it asks the network. */
export function resolveHook({ filter, ...services }: ResolveHookServices): Implementation {
  const answers = new Answers(services);
  return implementLater(
    description,
    {
      QueryFilter: (_parameters, { more, signal }) => (more ? filter.follow(signal) : filter.reply),
      ResolveRecord: ({ question }) => answers.answer(question),
    },
    (call) => answers.answerCall(call),
  );
}
