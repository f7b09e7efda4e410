import { description } from '../../frontends/registry/io.github.mymachines.Registry.ts';
import { ConnectionError, type VarlinkClient } from '../../varlink/index.ts';
import { jsonMode, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { connect, explain } from '../connection.ts';
import { type EventReply, eventText } from '../event-text.ts';
import { printJson } from '../output.ts';
import { isDenied } from '../registry-client.ts';

/** `mymachines watch`: io.github.mymachines.Registry.Subscribe, until SIGINT or until nobody reads what is printed. */
export const watch: Command = {
  synopsis: '',
  summary:
    'Shows the machines that there are, and then each change, one line each. Ends with Ctrl+C, or with the service.',
  options: outputOptions,
  operands: [0, 0],
  async run({ values }, context) {
    const { output } = context;
    const mode = jsonMode(values);
    const { client } = await connect(values, context, 'machineSocket');
    const interruption = new AbortController();
    const interrupt = (): void => interruption.abort();
    process.once('SIGINT', interrupt);
    try {
      for await (const event of events(client, interruption.signal)) {
        if (mode === 'off') output.write(`${eventText(event)}\n`);
        else printJson(output, event, mode);
        if (!(await output.drained())) return 0;
      }
    } catch (error) {
      if (interruption.signal.aborted) return 0;
      if (!(error instanceof ConnectionError)) throw explain(error, '');
    } finally {
      process.off('SIGINT', interrupt);
      client.close();
    }
    throw new Error('the service has ended');
  },
};

/** With addresses and id maps where they may be had. */
async function* events(client: VarlinkClient, signal: AbortSignal): AsyncGenerator<EventReply, void, void> {
  const registry = client.use(description);
  try {
    yield* registry.stream('Subscribe', { details: true }, { signal });
  } catch (error) {
    // Those are not for everybody; who is there is.
    if (!isDenied(error)) throw error;
    yield* registry.stream('Subscribe', {}, { signal });
  }
}
