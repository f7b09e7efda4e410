import { mkdirSync, writeFileSync } from 'node:fs';
import { labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';
import type { Exchange } from './question.ts';
import { areas } from './questions/index.ts';
import { scenario, unitOf } from './scenario.ts';
import { World } from './world.ts';

// Asks the real systemd-machined in the lab everything and writes its answers to fixtures/systemd-262, with placeholders
// for what is different each time. Run it with `npm run record-fixtures`; a second run changes nothing.

const reason = await labUnavailable();
if (reason !== undefined) {
  console.error(`record-fixtures: no lab: ${reason}`);
  process.exit(1);
}

const world = await World.create();
try {
  const version = (await world.lab.shell('systemctl --version')).split('\n', 1)[0];
  const major = /^systemd (\d+)/.exec(version ?? '')?.[1];
  const directory = `${projectRoot}/fixtures/systemd-${major}/`;
  mkdirSync(directory, { recursive: true });
  await world.startMachines();
  for (const [area, questions] of Object.entries(areas)) {
    // What the clients print has the whole of Debian's users in it.
    if (area === 'clients') continue;
    const exchanges = await world.ask(questions);
    write(`${directory}${area}.json`, { recordedFrom: version, exchanges: exchanges.map(ordered) });
    console.log(`${area}: ${exchanges.length} exchanges`);
  }
  const machines = scenario.map((described) => ({ ...described, unit: unitOf(described) }));
  write(`${directory}scenario.json`, { recordedFrom: version, machines, placeholders: world.values.names() });
} finally {
  await world.destroy();
}

/** Machines that come in any order are written in the order of their names. */
function ordered(exchange: Exchange): Exchange {
  const { question, answer } = exchange;
  if (question.kind !== 'call' || question.unordered !== true || !('receive' in answer)) return exchange;
  const alone = answer.receive.map((message) => message.replace(/,"continues":true\}$/, '}')).sort();
  const last = alone.length - 1;
  const receive = alone.map((message, index) => (index < last ? `${message.slice(0, -1)},"continues":true}` : message));
  return { question, answer: { ...answer, receive } };
}

function write(path: string, content: object): void {
  writeFileSync(path, `${JSON.stringify(content, undefined, 1)}\n`);
}
