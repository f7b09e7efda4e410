import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/run-command.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import type { LabResult } from '../support/lab.ts';
import { onTerminal } from '../support/on-terminal.ts';
import { projectRoot } from '../support/project-root.ts';
import { ask } from '../support/raw-varlink.ts';

const PROMPT = 'ready> ';
const script = join(projectRoot, 'share/bash-completion/mymachines');
const leaders: ChildProcess[] = [];
let directory: string;
let daemon: DaemonProcess;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  daemon = await DaemonProcess.start();
  for (const name of ['web', 'www']) {
    const leader = spawn('sleep', ['infinity']);
    leaders.push(leader);
    const machine = { name, class: 'container', leader: leader.pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
  }
  directory = mkdtempSync(join(tmpdir(), 'mymachines-completion-'));
  mkdirSync(join(directory, 'files/some where'), { recursive: true });
  writeFileSync(join(directory, 'files/some where/letter'), '');
  const program = join(directory, 'bin/mymachines');
  mkdirSync(dirname(program));
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${projectRoot}/dist/cli/main.js "$@"\n`, { mode: 0o755 });
  environment = { ...process.env, PATH: `${dirname(program)}:${process.env['PATH']}`, TERM: 'vt220', LANG: 'C.UTF-8' };
});

afterAll(async () => {
  for (const leader of leaders) leader.kill();
  await daemon.stop();
  rmSync(daemon.runtimeDirectory, { recursive: true });
  rmSync(directory, { recursive: true });
});

const run = (command: string, ...parameters: string[]): Promise<LabResult> =>
  new Promise((resolve) => {
    const options = { env: environment, cwd: join(directory, 'files') };
    const child = execFile(command, parameters, options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? 1, stdout, stderr }),
    );
  });

/** What bash would offer at the end of a line; without a character in the last word at which it takes words apart. */
async function offered(line: string): Promise<string[]> {
  const text = `compopt() { :; }; . ${script}; COMP_LINE=$0 COMP_POINT=\${#0}; _mymachines mymachines "\${0##* }"`;
  const { stdout, stderr } = await run('bash', '-c', `${text}; printf '%s\\n' "\${COMPREPLY[@]}"`, line);
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .filter((word) => word !== '')
    .sort();
}

describe('in bash', () => {
  it('commands are completed', async () => {
    expect(await offered('mymachines ')).toEqual(Object.keys(commands).sort());
    expect(await offered('mymachines un')).toEqual(['uninstall', 'unregister']);
    expect(await offered('mymachines --v')).toEqual(['--version']);
  });

  it.each(Object.keys(commands))('options of %s are completed', async (name) => {
    const { options } = await (commands[name] as (typeof commands)[string])();
    const expected = Object.entries(options).map(([word, { type }]) => `--${word}${type === 'string' ? '=' : ''}`);
    expect(await offered(`mymachines ${name} --`)).toEqual([...expected, '--help'].sort());
  });

  it('operands are completed', async () => {
    const runtime = `--runtime-dir=${daemon.runtimeDirectory}`;
    for (const name of [
      'status',
      'explain',
      'resolve',
      'unregister',
      'shell',
      'login',
      'copy-to',
      'copy-from',
      'bind',
    ]) {
      expect(await offered(`mymachines ${name} ${runtime} w`), name).toEqual(['web', 'www']);
    }
    expect(await offered(`mymachines status ${runtime} web w`)).toEqual([]);
    expect(await offered('mymachines status --runtime-dir=/nowhere w')).toEqual([]);
    expect(await offered('mymachines dns-setup net')).toEqual(['networkmanager']);
    expect(await offered('mymachines copy-to web so')).toEqual(['some where']);
    expect(await offered('mymachines copy-from web so')).toEqual([]);
    expect(await offered('mymachines copy-from web / so')).toEqual(['some where']);
    expect(await offered('mymachines nonsense ')).toEqual([]);
  });

  it('words are completed where bash takes them apart, on a terminal', async () => {
    const runtime = `--runtime-dir=${daemon.runtimeDirectory}`;
    const typed = [
      'mymachines list --js\tsh\t',
      `mymachines shell ${runtime} root@we\t`,
      'mymachines copy-to web so\t',
      'mymachines register --class=\tv\t',
    ];
    // What has been completed is not run but shown: ^A is the beginning of the line, ^E its end.
    const steps = typed.flatMap((line) => [{ type: `${line}\u0001echo '\u0005|'\n` }, { wait: PROMPT }]);
    const resources = join(directory, 'bashrc');
    writeFileSync(resources, `. ${script}; PS1='${PROMPT}'\n`);
    const shell = ['bash', '--noprofile', '--rcfile', resources, '-i'];
    const { shown } = await onTerminal({ run }, shell, [{ wait: PROMPT }, ...steps, { type: 'exit\n' }]);
    const echoed = shown.split(/[\r\n]+/).filter((line) => /^mymachines .*\|$/.test(line));
    expect(echoed).toEqual([
      'mymachines list --json=short |',
      `mymachines shell ${runtime} root@web |`,
      'mymachines copy-to web some\\ where/|',
      'mymachines register --class=vm |',
    ]);
  });
});
