import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { interfaceIndex } from './interface-index.ts';
import { type Container, startContainer } from './namespaces.ts';

const run = promisify(execFile);

/** Runs ip(8) in the host's network namespace. */
export async function ip(...parameters: readonly string[]): Promise<string> {
  return (await run('ip', parameters)).stdout;
}

/** A bridge of the host with an address, whose neighbours fail within a second when they do not answer. */
export class Bridge {
  readonly name: string;
  readonly index: number;

  static async make(address: string): Promise<Bridge> {
    const name = `mmb${process.pid.toString(36)}-${(made++).toString(36)}`;
    await ip('link', 'add', name, 'type', 'bridge', 'forward_delay', '0');
    await ip('address', 'add', address, 'dev', name);
    await ip('link', 'set', name, 'addrgenmode', 'none', 'up');
    await quickly(name);
    return new Bridge(name);
  }

  private constructor(name: string) {
    this.name = name;
    this.index = interfaceIndex(name);
  }

  /** Makes an interface a port of it. */
  async attach(port: string): Promise<void> {
    await ip('link', 'set', port, 'master', this.name);
  }

  async remove(): Promise<void> {
    await ip('link', 'delete', this.name);
  }
}

let made = 0;

/** Has neighbours on an interface asked again after moments rather than seconds. */
export async function quickly(interfaceName: string): Promise<void> {
  const times = [
    'delay_probe',
    '100',
    'retrans',
    '50',
    'base_reachable',
    '100',
    'ucast_probes',
    '1',
    'mcast_probes',
    '1',
  ];
  for (const table of ['arp_cache', 'ndisc_cache']) {
    await ip('ntable', 'change', 'name', table, 'dev', interfaceName, ...times);
  }
}

/** What stands for the guest of a VM: a network that no process of any machine is in, with one interface to the host. */
export class Guest {
  readonly container: Container;
  /** The interface on the host that leads to it. */
  readonly interfaceName: string;
  readonly index: number;
  /** Of its own interface, `host0`. */
  readonly linkAddress: string;

  static async start(...addresses: readonly string[]): Promise<Guest> {
    const container = await startContainer({ hostUsers: true, addresses });
    const [link] = JSON.parse(await container.exec('ip', '-json', 'link', 'show', 'host0'));
    return new Guest(container, link.address);
  }

  private constructor(container: Container, linkAddress: string) {
    this.container = container;
    this.interfaceName = container.hostInterface as string;
    this.index = interfaceIndex(this.interfaceName);
    this.linkAddress = linkAddress;
  }

  /** Sends one packet to an address of the host. */
  async send(address: string): Promise<void> {
    await this.container.exec('bash', '-c', `echo >/dev/udp/${address}/9`);
  }
}

/** Sends one packet from the host. */
export async function sendTo(address: string): Promise<void> {
  await run('bash', ['-c', `echo >/dev/udp/${address}/9`]);
}
