import { type Endpoint, endpointText } from '../frontends/dns/endpoint.ts';
import type { SourceName } from '../machine/machine-source.ts';
import { quoteExecutable, quoteForSystemd } from './install/quote.ts';
import { program } from './package-files.ts';

/** What a resolver is to ask, and where the daemon that it asks has its machines from. */
type Settings = (server: Endpoint, domain: string, sources: readonly SourceName[]) => string;

/** The lines for each resolver, and for the daemon's own unit, with the file that they go into as a comment. */
export const resolverSettings: Readonly<Record<string, Settings>> = {
  // systemd.dns-delegate(5). With DNS= in resolved.conf the names of the world are asked for here, too, and refused.
  resolved: (server, domain) => `# /etc/systemd/dns-delegate.d/mymachines.dns-delegate (systemd 258 or later)
# then: systemctl reload systemd-resolved
[Delegate]
DNS=${endpointText(server)}
Domains=~${domain}

# systemd 246 to 257: /etc/systemd/resolved.conf.d/mymachines.conf instead
# then: systemctl restart systemd-resolved
#[Resolve]
#DNS=${endpointText(server)}
#Domains=~${domain}
`,
  dnsmasq: (server, domain) => `# /etc/dnsmasq.d/mymachines.conf
# then: systemctl restart dnsmasq
${dnsmasqLines(server, domain)}`,
  networkmanager: (server, domain) => `# /etc/NetworkManager/conf.d/mymachines.conf
# then: systemctl restart NetworkManager
[main]
dns=dnsmasq

# /etc/NetworkManager/dnsmasq.d/mymachines.conf
${dnsmasqLines(server, domain)}`,
  // What the unit that `mymachines install` puts there keeps from a daemon that needs no network: sockets of these
  // families, any packet, ports below 1024.
  service: (server, domain, sources) => `# /etc/systemd/system/mymachines.service.d/dns.conf
# then: systemctl daemon-reload; systemctl restart mymachines
[Service]
ExecStart=
ExecStart=:${quoteExecutable(process.execPath)} ${quoteForSystemd(program)} serve${sources.map((name) => ` --source=${name}`).join('')} --dns=${endpointText(server)} --domain=${domain}
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
RestrictAddressFamilies=AF_INET AF_INET6
IPAddressDeny=
`,
};

/** dnsmasq(8). Private addresses in answers are what is wanted here, also where `stop-dns-rebind` forbids them. */
function dnsmasqLines({ address, port }: Endpoint, domain: string): string {
  return `server=/${domain}/${address}#${port}\nrebind-domain-ok=/${domain}/\n`;
}
