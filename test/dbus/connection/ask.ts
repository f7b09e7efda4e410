import dbus from 'dbus-next';
import { type JsonValue, type JsonVariant, jsonOf, type Question, type Reply } from '../objects/question.ts';

/** A client that is not ours, on a bus of its own choice. */
export class Asker {
  readonly #bus: dbus.MessageBus;
  readonly #destination: string;

  private constructor(bus: dbus.MessageBus, destination: string) {
    this.#bus = bus;
    this.#destination = destination;
  }

  /** @param busAddress of the bus, as in `unix:path=/run/bus` */
  static connect(busAddress: string, destination: string): Promise<Asker> {
    return new Promise((resolve, reject) => {
      const bus = dbus.sessionBus({ busAddress });
      bus.once('connect', () => resolve(new Asker(bus, destination)));
      bus.once('error', reject);
    });
  }

  async ask({ as: _, signature = '', body = [], ...question }: Question): Promise<Reply> {
    const values = body.map((value) => (isVariant(value) ? new dbus.Variant(value.signature, value.value) : value));
    const message = new dbus.Message({ destination: this.#destination, ...question, signature, body: values });
    try {
      const reply = await this.#bus.call(message);
      return { signature: reply?.signature ?? '', body: (reply?.body ?? []).map(jsonOf) };
    } catch (error) {
      if (!(error instanceof dbus.DBusError)) throw error;
      return { error: error.type, text: error.text };
    }
  }

  close(): void {
    this.#bus.disconnect();
  }
}

/**
 * The same question to dbus-send, for whoever cannot be a client here.
 * @param destination of the call
 */
export function dbusSend({ path, interface: name, member, body = [] }: Question, destination: string): string[] {
  return [
    ...['dbus-send', '--system', '--print-reply=literal', `--dest=${destination}`, path, `${name}.${member}`],
    ...body.map(dbusSendArgument),
  ];
}

/** What dbus-send printed. A reply must be nothing, or a string in a variant. */
export function dbusSendReply({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): Reply {
  const [, error, text] = /^Error ([\w.]+): (.*)\n$/s.exec(stderr) ?? [];
  if (error !== undefined && text !== undefined) return { error, text };
  const value = /^ +variant +(\S+) *$/m.exec(stdout)?.[1];
  if (value === undefined) return { signature: '', body: [] };
  return { signature: 'v', body: [{ signature: 's', value }] };
}

function dbusSendArgument(value: JsonValue): string {
  if (isVariant(value)) return `variant:${dbusSendArgument(value.value)}`;
  return typeof value === 'number' ? `uint32:${value}` : `string:${String(value)}`;
}

function isVariant(value: JsonValue): value is JsonVariant {
  return typeof value === 'object' && 'signature' in value;
}
