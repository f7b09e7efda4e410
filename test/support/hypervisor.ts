import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process that has a TAP device open, and sends into it what a guest would. */
export class Hypervisor {
  /** The device. */
  readonly tap: string;
  readonly #address: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  /** @param address of the host on the device */
  static async start(address: string): Promise<Hypervisor> {
    const tap = `mmt${process.pid.toString(36)}-${(started++).toString(36)}`;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'perl', '-e', PROGRAM, tap], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return new Hypervisor(tap, address, child);
  }

  private constructor(tap: string, address: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.tap = tap;
    this.#address = address;
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  openTap(): void {
    this.#child.stdin.write('open\n');
  }

  /** Waits for the device, and sets it up on the host. */
  async ready(): Promise<void> {
    await once(this.#child.stdout, 'data');
    await run('ip', ['address', 'add', this.#address, 'dev', this.tap]);
    await run('ip', ['link', 'set', this.tap, 'up']);
  }

  /** Sends the guest's question who has an address, from one of its own (RFC 826). */
  askFor(address: string, from: string): void {
    const guest = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    const bytesOf = (text: string) => text.split('.').map(Number);
    const question = [0, 1, 8, 0, 6, 4, 0, 1, ...guest, ...bytesOf(from), 0, 0, 0, 0, 0, 0, ...bytesOf(address)];
    const frame = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...guest, 8, 6, ...question]);
    this.#child.stdin.write(`${frame.toString('hex')}\n`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

let started = 0;

// TUNSETIFF with IFF_TAP | IFF_NO_PI, linux/if_tun.h
const PROGRAM = `
$| = 1;
print "started\\n";
while (my $line = <STDIN>) {
  chomp $line;
  if ($line eq 'open') {
    open($tap, '+<', '/dev/net/tun') or die "/dev/net/tun: $!";
    ioctl($tap, 0x400454ca, pack('a16 S x22', $ARGV[0], 0x1002)) or die "TUNSETIFF: $!";
    print "open\\n";
  } else {
    syswrite($tap, pack('H*', $line));
  }
}`;
