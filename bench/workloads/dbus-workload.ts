import { differences } from '../answers.ts';
import { decodeBody } from '../dbus/body.ts';
import { BusConnection } from '../dbus/connection.ts';
import { ERROR, ERROR_NAME, encodeCall, SIGNATURE } from '../dbus/message.ts';
import { withConstantAnswers } from '../load/constant-answers.ts';
import { type Generator, generate } from '../load/generator.ts';
import type { BenchMachine } from '../machines.ts';
import type { BusService, Target } from '../targets/target.ts';
import type { PreparedWorkload, Workload } from './workload.ts';

/** A workload of calls to org.freedesktop.machine1.Manager: one method, with one string for its arguments or none. */
export interface DBusWorkload {
  readonly name: string;
  readonly member: string;
  /** The arguments to load with, all of which have a reply that is no error. */
  calls(machines: readonly BenchMachine[]): readonly (string | undefined)[];
  /** Whether all calls have one answer, so long that it has a ceiling of its own. */
  readonly constant?: boolean;
  /** Further arguments whose answers are compared, such as those that must fail. */
  readonly probes: readonly string[];
}

/** A workload that a closed-loop generator of D-Bus calls runs. */
export function dbusWorkload(
  generator: Generator,
  { name, member, calls, constant = false, probes }: DBusWorkload,
): Workload {
  const encode = ({ name: destination }: BusService, argument: string | undefined) =>
    encodeCall(destination, '/org/freedesktop/machine1', ['org.freedesktop.machine1.Manager', member], argument);
  const answers = ({ bus }: Target, questions: readonly (string | undefined)[]): string[] => {
    const connection = new BusConnection(bus.socket);
    const texts = questions.map((argument) => answer(connection, encode(bus, argument)));
    connection.close();
    return texts;
  };
  return {
    name,
    protocol: 'dbus',
    prepare(machines) {
      const load = calls(machines);
      const questions = [...load.slice(0, COMPARED), ...probes];
      const run: PreparedWorkload['run'] = ({ bus }, how) => {
        const encoded = Buffer.concat(load.map((argument) => encode(bus, argument)));
        return generate(generator, { ...how, protocol: 'dbus', socket: bus.socket, calls: encoded });
      };
      return {
        compare: async (reference, candidate) =>
          differences(
            questions.map((argument) => `${member} ${argument ?? ''}`),
            answers(reference, questions),
            answers(candidate, questions),
          ),
        ...(constant && {
          ceiling: (reference, how) => withConstantAnswers(reference, [[member]], (service) => run(service, how)),
        }),
        run,
      };
    },
  };
}

// As text that does not depend on the order of a list of machines, in which there is no order.
function answer(connection: BusConnection, call: Uint8Array): string {
  const { type, fields, body } = connection.ask(call);
  const signature = `${fields.get(SIGNATURE) ?? ''}`;
  const values = decodeBody(signature, body);
  if (type === ERROR) return JSON.stringify({ error: fields.get(ERROR_NAME), values });
  if (signature === MACHINES) (values[0] as string[][]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify({ signature, values });
}

const MACHINES = 'a(ssso)';
// The calls are in random order, so the first ones are a sample.
const COMPARED = 200;
