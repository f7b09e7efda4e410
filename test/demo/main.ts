import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONTAINER_PROGRAMS, requirePrograms } from '../support/programs.ts';
import { projectRoot } from '../support/project-root.ts';
import { Failure } from './failure.ts';
import { Screen } from './screen.ts';
import { runOnStage } from './stage.ts';

// npm run demo: two real containers get their names. Root or not; exit status 1 and the reason if anything is not as
// expected. What is played is in play.ts, which runs in namespaces of its own.
const screen = new Screen((text) => process.stdout.write(text), process.stdout.isTTY === true);
// Ordinary users have no sbin in their PATH on Debian.
process.env['PATH'] = `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`;

try {
  if (!existsSync(`${projectRoot}/dist/cli/main.js`))
    throw new Failure('There is no dist/cli/main.js: run npm ci first.');
  havePrograms();
  const play = fileURLToPath(new URL('./play.js', import.meta.url));
  const status = await runOnStage(process.execPath, ({ ids }) => [play, `${ids?.first ?? ''}`, `${ids?.count ?? ''}`]);
  process.exitCode = status === 0 ? 0 : 1;
} catch (error) {
  screen.verdict(error instanceof Failure ? error.message : `${(error as Error).stack}`, false);
  process.exitCode = 1;
}

function havePrograms(): void {
  try {
    requirePrograms(CONTAINER_PROGRAMS, (text) => screen.say(text));
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}
