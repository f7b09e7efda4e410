import { realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseDnsmasqLeases } from './dnsmasq-leases.ts';
import type { Lease } from './lease.ts';
import { type DomainLinkAddresses, isNamedAfter, parseLibvirtMacs, parseLibvirtStatus } from './libvirt-leases.ts';
import type { LinkAddress } from './link-address.ts';
import { parseNetworkdLeases } from './networkd-leases.ts';
import { ParsedFiles } from './parsed-files.ts';

/** Where leases are, and who hears of them. */
export interface LeaseFilesOptions {
  /** systemd-networkd's directories, with a file for each interface. */
  readonly networkd: readonly string[];
  /** libvirt's directory. */
  readonly libvirt: string;
  /** Files as dnsmasq(8) writes them. */
  readonly dnsmasq: readonly string[];
  changed(): void;
  problem(error: Error): void;
}

/** The leases that DHCP servers of this host gave out, as their files have them now. */
export class LeaseFiles {
  readonly #networkd: readonly ParsedFiles<Lease>[];
  readonly #status: ParsedFiles<Lease>;
  readonly #domains: ParsedFiles<DomainLinkAddresses>;
  readonly #dnsmasq: readonly ParsedFiles<Lease>[];
  #byLinkAddress: { readonly libvirt: LeaseIndex; readonly dnsmasq: LeaseIndex } | undefined;

  constructor({ networkd, libvirt, dnsmasq, changed, problem }: LeaseFilesOptions) {
    const heard = {
      problem,
      changed: () => {
        this.#byLinkAddress = undefined;
        changed();
      },
    };
    const ending = (suffix: string) => (name: string) => name.endsWith(suffix);
    this.#networkd = networkd.map(
      // Others than interfaces' names are files being written.
      (directory) =>
        new ParsedFiles({ directory, wanted: (name) => /^[^.]/.test(name), parse: parseNetworkdLeases, ...heard }),
    );
    this.#status = new ParsedFiles({
      ...heard,
      directory: libvirt,
      wanted: ending('.status'),
      parse: parseLibvirtStatus,
    });
    this.#domains = new ParsedFiles({ ...heard, directory: libvirt, wanted: ending('.macs'), parse: parseLibvirtMacs });
    this.#dnsmasq = [...new Set(dnsmasq.map(followed))].map((path) => {
      const name = basename(path);
      return new ParsedFiles({
        ...heard,
        directory: dirname(path),
        wanted: (other) => other === name,
        parse: parseDnsmasqLeases,
      });
    });
  }

  /** What systemd-networkd gave out on an interface. */
  networkd(interfaceName: string): readonly Lease[] {
    return this.#networkd.flatMap((files) => files.of(interfaceName));
  }

  /** What libvirt gave out to a link-layer address. */
  libvirt(linkAddress: LinkAddress): readonly Lease[] {
    return this.#index().libvirt.get(linkAddress) ?? [];
  }

  /** What other files say was given out to a link-layer address. */
  dnsmasq(linkAddress: LinkAddress): readonly Lease[] {
    return this.#index().dnsmasq.get(linkAddress) ?? [];
  }

  /** The link-layer addresses of the domain of libvirt that a machine is named after, where there is only one such. */
  linkAddressesOf(machine: string): readonly LinkAddress[] {
    // A domain may be in several networks, and have a file in each.
    const matching = [...this.#domains.all()].filter(({ domain }) => isNamedAfter(machine, domain));
    const exact = matching.filter(({ domain }) => machine.endsWith(domain));
    const chosen = exact.length > 0 ? exact : matching;
    if (new Set(chosen.map(({ domain }) => domain)).size !== 1) return [];
    return chosen.flatMap(({ linkAddresses }) => linkAddresses);
  }

  close(): void {
    for (const files of [...this.#networkd, this.#status, this.#domains, ...this.#dnsmasq]) files.close();
  }

  #index(): { readonly libvirt: LeaseIndex; readonly dnsmasq: LeaseIndex } {
    this.#byLinkAddress ??= {
      libvirt: indexOf(this.#status.all()),
      dnsmasq: indexOf(this.#dnsmasq.flatMap((files) => [...files.all()])),
    };
    return this.#byLinkAddress;
  }
}

type LeaseIndex = ReadonlyMap<LinkAddress, readonly Lease[]>;

function indexOf(leases: Iterable<Lease>): LeaseIndex {
  const index = new Map<LinkAddress, Lease[]>();
  for (const lease of leases) {
    if (lease.linkAddress === undefined) continue;
    const same = index.get(lease.linkAddress);
    if (same === undefined) index.set(lease.linkAddress, [lease]);
    else same.push(lease);
  }
  return index;
}

/** Where a file is, links followed: its changes are told in the directory that it is really in. */
function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
