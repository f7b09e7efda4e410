import type { Credentials, MethodCall } from '../../../src/dbus/call.ts';
import { PreparedBody } from '../../../src/dbus/call.ts';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import type { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { jsonOf, type Question, type Reply } from '../objects/question.ts';

/** A call as it comes from a connection. */
export function callOf(question: Question, credentials: Partial<Credentials> = {}): MethodCall {
  const { path, interface: name, member, signature = '', body = [], as } = question;
  const uid = as === 'nobody' ? 65534 : 0;
  return {
    ...{ sender: ':1.1', path, interface: name, member, signature, body, interactive: false },
    credentials: async () => ({ uid, gid: uid, pid: undefined, pidfd: undefined, ...credentials }),
    claim: (descriptor) => {
      throw new RangeError(`no descriptor ${descriptor}`);
    },
  };
}

/** What a tree answers, as JSON. Errors without a name are thrown. */
export async function answerOf(tree: ObjectTree, question: Question): Promise<Reply> {
  try {
    const reply = await tree.answer(callOf(question));
    const { signature } = reply;
    const body = reply instanceof PreparedBody ? decodeBody(signature, Buffer.from(reply.bytes), true) : reply.body;
    return { signature, body: body.map(jsonOf) };
  } catch (error) {
    if (!(error instanceof DBusError)) throw error;
    return { error: error.errorName, text: error.message };
  }
}
