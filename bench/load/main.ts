import { readFileSync } from 'node:fs';
import { runClosedLoop } from './closed-loop.ts';

// load SOCKET CONNECTIONS WARM-UP SECONDS <CALLS: the load generator as a process of its own. The calls come on
// standard input, each with its final NUL byte; the result goes to standard output as one line of JSON.
const [socket = '', connections, warmUp, seconds] = process.argv.slice(2);
const input = readFileSync(0);
const calls: Uint8Array[] = [];
for (let from = 0, end = input.indexOf(0); end >= 0; from = end + 1, end = input.indexOf(0, from)) {
  calls.push(input.subarray(from, end + 1));
}
try {
  const load = { socket, connections: Number(connections), warmUp: Number(warmUp), seconds: Number(seconds), calls };
  process.stdout.write(`${JSON.stringify(runClosedLoop(load))}\n`);
} catch (error) {
  process.stderr.write(`load: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
