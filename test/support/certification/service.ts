import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { errorsOf, type Implementation, implement, type VarlinkError } from '../../../src/varlink/index.ts';
import { moreReplies, replies } from './conversation.ts';
import { description } from './org.varlink.certification.ts';

/** org.varlink.certification: each client has to call the methods in order, with what it was given before. */
export function certificationService(): Implementation {
  const conversations = new Map<string, Conversation>();

  /** The fault in a call, or undefined after it has been noted that the client may go on. */
  function check(step: number, parameters: { client_id: string }, wanted: object): VarlinkError | undefined {
    const { client_id: id, ...got } = parameters;
    const conversation = conversations.get(id);
    if (conversation?.step !== step) return fail('ClientIdError');
    if (!isDeepStrictEqual(withoutNull(got), withoutNull(wanted))) {
      conversation.faulty = true;
      return fail('CertificationError', { wants: { ...wanted }, got });
    }
    conversation.step++;
    return undefined;
  }

  return implement(description, {
    Start() {
      const client_id = randomUUID();
      conversations.set(client_id, { step: 1, faulty: false });
      for (const oldest of conversations.keys()) {
        if (conversations.size <= maximumConversations) break;
        conversations.delete(oldest);
      }
      return { client_id };
    },
    Test01: (parameters) => check(1, parameters, {}) ?? replies.Test01,
    Test02: (parameters) => check(2, parameters, replies.Test01) ?? replies.Test02,
    Test03: (parameters) => check(3, parameters, replies.Test02) ?? replies.Test03,
    Test04: (parameters) => check(4, parameters, replies.Test03) ?? replies.Test04,
    Test05: (parameters) => check(5, parameters, replies.Test04) ?? replies.Test05,
    Test06: (parameters) => check(6, parameters, replies.Test05) ?? replies.Test06,
    Test07: (parameters) => check(7, parameters, replies.Test06) ?? replies.Test07,
    Test08: (parameters) => check(8, parameters, replies.Test07) ?? replies.Test08,
    Test09: (parameters) => check(9, parameters, replies.Test08) ?? replies.Test09,
    *Test10(parameters) {
      const fault = check(10, parameters, replies.Test09);
      if (fault !== undefined) return fault;
      const [last = '', ...others] = [...moreReplies].reverse();
      for (const string of others.reverse()) yield { string };
      return { string: last };
    },
    Test11(parameters, { oneway }) {
      if (!oneway) return fail('CertificationError', { wants: { oneway: true }, got: { oneway } });
      return check(11, parameters, { last_more_replies: moreReplies });
    },
    End(parameters) {
      const fault = check(12, parameters, {});
      if (fault !== undefined) return fault;
      const all_ok = conversations.get(parameters.client_id)?.faulty === false;
      conversations.delete(parameters.client_id);
      return { all_ok };
    },
  });
}

interface Conversation {
  /** Number of the method to be called next. */
  step: number;
  faulty: boolean;
}

const fail = errorsOf(description);

// Clients that never come to the end are forgotten, the oldest first.
const maximumConversations = 1000;

/** A nullable field may be null or left out: implementations differ. */
function withoutNull(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, field) => (field === null ? undefined : field));
}
