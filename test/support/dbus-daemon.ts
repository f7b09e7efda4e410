import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from './programs.ts';

/** Why there can be no bus here, for `describe.skipIf`, or undefined. With CI in the environment it is thrown. */
export function dbusDaemonUnavailable(): string | undefined {
  if (hasProgram('dbus-daemon')) return undefined;
  const reason = 'there is no dbus-daemon here; on Debian: apt-get install dbus';
  if (process.env['CI']) throw new Error(reason);
  return reason;
}

/** A dbus-daemon of the test's own, by itself with the configuration of a session bus: this user may own any name. */
export class DBusDaemon {
  readonly #directory: string;
  #child: ChildProcess | undefined;

  readonly #configuration: readonly string[] = ['--session'];

  /**
   * Makes one that is not running yet, at an address that nobody else has.
   * @param rule of dbus-daemon(1) that everybody is under besides, as in `<deny own="*"/>`
   */
  constructor(rule?: string) {
    this.#directory = mkdtempSync(join(tmpdir(), 'mymachines-bus-'));
    if (rule === undefined) return;
    // Who it is that the rule is for has to get there.
    chmodSync(this.#directory, 0o755);
    const file = join(this.#directory, 'bus.conf');
    const everything = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>';
    const policy = `<policy context="default">${everything}${rule}</policy>`;
    const doctype = '<!DOCTYPE busconfig SYSTEM "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">';
    writeFileSync(file, `${doctype}<busconfig><listen>${this.address}</listen>${policy}</busconfig>`);
    this.#configuration = [`--config-file=${file}`];
  }

  /** Makes one and starts it. */
  static async start(rule?: string): Promise<DBusDaemon> {
    const daemon = new DBusDaemon(rule);
    await daemon.start();
    return daemon;
  }

  /** The path at which it listens. */
  get socket(): string {
    return join(this.#directory, 'bus');
  }

  /** As in DBUS_SESSION_BUS_ADDRESS. */
  get address(): string {
    return `unix:path=${this.socket}`;
  }

  /** Of the one that runs. */
  get pid(): number {
    return this.#child?.pid as number;
  }

  /** Starts it, after kill() at the same address, and waits until it takes connections. It ends with this process. */
  async start(): Promise<void> {
    const options = [...this.#configuration, '--nofork', '--nopidfile', '--nosyslog', `--address=${this.address}`];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'dbus-daemon', ...options, '--print-address=1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let errors = '';
    child.stderr.on('data', (text: Buffer) => {
      errors += text;
    });
    const listening = once(child.stdout, 'data').then(() => true);
    if (!(await Promise.race([listening, once(child, 'exit').then(() => false)]))) {
      throw new Error(`dbus-daemon did not start: ${errors.trim()}`);
    }
  }

  /** Sends SIGKILL and waits for the end. Its socket stays, as that of any process that is killed. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Lets it do nothing until {@link resume}: connections stay, and what is sent to it waits in the sockets. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
