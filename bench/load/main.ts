import { readFileSync } from 'node:fs';
import { runClosedLoop } from './closed-loop.ts';
import { dbus } from './dbus.ts';
import { varlink, varlinkOnce } from './varlink.ts';

// load PROTOCOL SOCKET CONNECTIONS WARM-UP SECONDS <CALLS: the load generator as a process of its own. PROTOCOL is varlink,
// varlink-once or dbus. The calls come on standard input, as they go over the socket; the result goes to standard output as one line
// of JSON.
const [name, socket = '', connections, warmUp, seconds] = process.argv.slice(2);
try {
  const protocol = new Map([
    ['varlink', varlink],
    ['varlink-once', varlinkOnce],
    ['dbus', dbus],
  ]).get(name ?? '');
  if (protocol === undefined) throw new Error(`no such protocol: ${name}`);
  const numbers = { connections: Number(connections), warmUp: Number(warmUp), seconds: Number(seconds) };
  const load = { protocol, socket, ...numbers, calls: protocol.split(readFileSync(0)) };
  process.stdout.write(`${JSON.stringify(runClosedLoop(load))}\n`);
} catch (error) {
  process.stderr.write(`load: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
