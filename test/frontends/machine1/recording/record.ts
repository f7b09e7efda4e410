import { writeFileSync } from 'node:fs';
import { labUnavailable } from '../../../support/lab.ts';
import { projectRoot } from '../../../support/project-root.ts';
import { areas } from './areas.ts';
import { RecordedSystem } from './recorded-system.ts';

// Asks the real systemd-machined in the lab over D-Bus and writes its answers to fixtures/systemd-262/machine1-*.json,
// with placeholders for what is different each time:
//   npx tsc -p test/frontends/machine1/recording && node build/record-machine1/test/frontends/machine1/recording/record.js

const reason = await labUnavailable();
if (reason !== undefined) {
  console.error(`no lab: ${reason}`);
  process.exit(1);
}

const system = await RecordedSystem.start('systemd-machined');
try {
  for (const [area, questions] of Object.entries(areas)) {
    const exchanges = await system.ask(questions);
    const file = `${projectRoot}/fixtures/systemd-262/machine1-${area}.json`;
    const lines = exchanges.map((exchange) => ` ${JSON.stringify(exchange)}`);
    writeFileSync(
      file,
      `{\n"recordedFrom": ${JSON.stringify(system.version)},\n"exchanges": [\n${lines.join(',\n')}\n]\n}\n`,
    );
    console.log(`${area}: ${exchanges.length} exchanges`);
  }
} finally {
  await system.stop();
}
