import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeCall } from './dbus/message.ts';
import { type Generator, generate, type ProtocolName } from './load/generator.ts';
import type { GeneratorSummary } from './result.ts';
import type { BusService } from './targets/target.ts';

/** What a load generator reaches with a server that does nothing, in calls a second. */
export type Ceiling = GeneratorSummary['ceilings'][number];

/** How long each measurement takes, and with how many connections there is one. */
interface Measurements {
  readonly connections: readonly number[];
  readonly seconds: number;
}

/** Measures each generator against a Varlink echo server in a process of its own. */
export async function varlinkCeilings(
  generators: readonly Generator[],
  measurements: Measurements,
): Promise<Ceiling[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-echo-'));
  const socket = join(directory, 'echo');
  try {
    return await withEcho(new URL('./load/echo.js', import.meta.url), [socket], () =>
      measureCeilings(generators, { protocol: 'varlink', socket, calls: VARLINK_CALL }, measurements),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Measures each generator against a service that owns a name on a bus: the most that this bus allows. */
export function busCeilings(
  generators: readonly Generator[],
  { socket, name }: BusService,
  measurements: Measurements,
): Promise<Ceiling[]> {
  // As long as a question for a machine's addresses is.
  const calls = encodeCall(
    name,
    '/org/freedesktop/machine1',
    ['org.freedesktop.machine1.Manager', 'GetMachineAddresses'],
    'm100',
  );
  return withEcho(new URL('./load/echo-dbus.js', import.meta.url), [socket, name], () =>
    measureCeilings(generators, { protocol: 'dbus', socket, calls }, measurements),
  );
}

async function measureCeilings(
  generators: readonly Generator[],
  run: { readonly protocol: ProtocolName; readonly socket: string; readonly calls: string | Uint8Array },
  { connections, seconds }: Measurements,
): Promise<Ceiling[]> {
  const ceilings: Ceiling[] = [];
  for (const count of connections) {
    for (const generator of generators) {
      const result = await generate(generator, { ...run, connections: count, warmUp: seconds / 3, seconds });
      if (result.errors > 0) throw new Error(`the echo service answered an error: ${result.firstError}`);
      const rate = result.calls / result.seconds;
      ceilings.push({ protocol: run.protocol, generator: generator.name, connections: count, rate });
    }
  }
  return ceilings;
}

/** Does something while an echo server, which is this module with these parameters, runs in a process of its own. */
export async function withEcho<T>(module: URL, parameters: readonly string[], work: () => Promise<T>): Promise<T> {
  const echo = spawn(process.execPath, [fileURLToPath(module), ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => echo.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(echo, 'exit');
  try {
    await Promise.race([
      once(echo.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('the echo server did not start'))),
    ]);
    return await work();
  } finally {
    kill();
    await ended;
    process.off('exit', kill);
  }
}

/**
 * The generator to use: the first one, unless another is faster with some number of connections by more than a tenth,
 * which is the noise of such figures.
 */
export function chooseGenerator(generators: readonly Generator[], ceilings: readonly Ceiling[]): Generator {
  const [preferred, ...others] = generators;
  if (preferred === undefined) throw new RangeError('no load generator');
  const isFaster = ({ generator, protocol, connections, rate }: Ceiling): boolean => {
    const same = ceilings.find(
      (one) => one.generator === preferred.name && one.protocol === protocol && one.connections === connections,
    );
    return generator !== preferred.name && rate > 1.1 * (same?.rate ?? 0);
  };
  const faster = ceilings.find(isFaster)?.generator;
  return others.find(({ name }) => name === faster) ?? preferred;
}

// As long as a userdb request is.
const VARLINK_CALL =
  '{"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{"uid":268435456,"service":"io.systemd.Machine"}}\0';
