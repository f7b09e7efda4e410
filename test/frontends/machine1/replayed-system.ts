import type { MethodCall, Reply } from '../../../src/dbus/call.ts';
import { PreparedBody } from '../../../src/dbus/call.ts';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { machine1Objects } from '../../../src/frontends/machine1/objects.ts';
import type { Machine1Services } from '../../../src/frontends/machine1/services.ts';
import { emitMachineSignals } from '../../../src/frontends/machine1/signals.ts';
import { jsonOf } from '../../dbus/objects/question.ts';
import type { Asked, Asker, Exchange, HeardSignal } from './recording/exchange.ts';
import { valuesOf } from './recording/json-body.ts';
import { fill, type KnownProcess, strip } from './recording/placeholders.ts';

/** A process that asks. */
export const askers: Readonly<Record<Asker, KnownProcess & { readonly uid: number }>> = {
  root: { pid: 3001, pidfdId: 30_001, uid: 0 },
  alice: { pid: 3002, pidfdId: 30_002, uid: 1000 },
};

/** The front end alone, asked in the words of the recordings. */
export class ReplayedSystem {
  readonly tree: ObjectTree = new ObjectTree({ machineId: '0'.repeat(32), uid: 0 });
  readonly #processes: Readonly<Record<string, KnownProcess>>;
  readonly #hostId: string;
  readonly #heard: HeardSignal[] = [];

  constructor(services: Machine1Services, processes: Readonly<Record<string, KnownProcess>>, hostId: string) {
    this.#processes = processes;
    this.#hostId = hostId;
    machine1Objects(this.tree, services);
    emitMachineSignals(services.registry, (path, _interface, member, signature, body) => {
      this.#heard.push({ path, member, signature, body });
    });
  }

  async ask(question: Asked): Promise<Exchange> {
    const processes: Readonly<Record<string, KnownProcess>> = { ...this.#processes, asker: askers[question.as] };
    const body = fill(question.body ?? [], (name) => {
      const [, process = '', key = ''] = /^(.+)\.(pid|pidfdId)$/.exec(name) ?? [];
      return processes[process]?.[key as keyof KnownProcess];
    });
    const reply = await answerOf(this.tree, callOf(question, valuesOf(question.signature ?? '', body, makers)));
    const signals = this.#heard.splice(0);
    return strip({ question, reply, ...(signals.length > 0 && { signals }) }, processes, this.#hostId);
  }
}

const makers = {
  variant: (signature: string, value: unknown) => new Variant<string>(signature, value),
  dictionary: (pairs: readonly (readonly [unknown, unknown])[]) => new Map(pairs),
};

function callOf({ as, path, interface: name, member, signature = '' }: Asked, body: readonly unknown[]): MethodCall {
  const { uid, pid } = askers[as];
  return {
    ...{ sender: `:1.${uid}`, path, interface: name, member, signature, body, interactive: false },
    credentials: async () => ({ uid, gid: uid, pid, pidfd: undefined }),
    claim: () => {
      throw new Error('no descriptor came with this call');
    },
  };
}

/** What is answered, as JSON. Errors without a name are thrown. */
async function answerOf(tree: ObjectTree, call: MethodCall): Promise<Exchange['reply']> {
  try {
    const reply = await tree.answer(call);
    return { signature: reply.signature, body: valuesIn(reply).map(jsonOf) };
  } catch (error) {
    if (!(error instanceof DBusError)) throw error;
    return { error: error.errorName, text: error.message };
  }
}

function valuesIn(reply: Reply): readonly unknown[] {
  return reply instanceof PreparedBody ? decodeBody(reply.signature, Buffer.from(reply.bytes), true) : reply.body;
}
