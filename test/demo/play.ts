import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { stopAllContainers } from '../support/namespaces.ts';
import { projectRoot } from '../support/project-root.ts';
import { Daemon } from './daemon.ts';
import { Failure } from './failure.ts';
import { useUserdb } from './name-service.ts';
import { type Cast, introduceContainers, nameUsers, registerMachines, showSystem, stopOne } from './scenes.ts';
import { Screen } from './screen.ts';

// The demo itself, on its stage (stage.ts): play FIRST-ID NUMBER-OF-IDS, both empty when containers have none of their own.
const [first = '', count = ''] = process.argv.slice(2);
const cast: Cast = first === '' ? {} : { ids: { first: Number(first), count: Math.floor(Number(count) / 2) } };
const screen = new Screen((text) => process.stdout.write(text), process.stdout.isTTY === true);
const started = performance.now();
const directory = '/run/demo';
let daemon: Daemon | undefined;

try {
  prepareStage();
  const nameService = useUserdb(directory);

  screen.title('The daemon');
  screen.say(
    'mymachines keeps the registry of machines and answers for them. This demo has mount and network namespaces of its ' +
      'own: its /run is empty and temporary, and nothing on this machine changes.',
  );
  screen.command('mymachines serve &');
  daemon = await Daemon.start();
  screen.output(daemon.log);

  const containers = await introduceContainers(screen, cast);
  await registerMachines(screen, containers);
  await nameUsers(screen, containers, cast);
  await showSystem(screen, containers, cast, nameService);
  await stopOne(screen, containers, cast);

  const status = await daemon.stop();
  if (status !== 0) throw new Failure(`The daemon was asked to stop and ended with status ${status}: ${daemon.log}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  screen.verdict(`Everything was as expected, in ${seconds} s. Nothing of it is left.`, true);
} catch (error) {
  screen.verdict(`Not as expected: ${error instanceof Failure ? error.message : (error as Error).stack}`, false);
  process.exitCode = 1;
} finally {
  await stopAllContainers();
  await daemon?.stop();
}

/** An empty /run, a network that works, and the command `mymachines` of this checkout. */
function prepareStage(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
  mkdirSync(directory);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const command = `${directory}/mymachines`;
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${projectRoot}/dist/cli/main.js' "$@"\n`);
  chmodSync(command, 0o755);
  process.env['PATH'] = `${directory}:${process.env['PATH']}`;
}
