import type { DnsChoice } from '../daemon/dns-choice.ts';

/** The lines for each resolver, with the file that they go into as a comment. */
export const resolverSettings: Readonly<
  Record<string, (server: DnsChoice['listen'][number], domain: string) => string>
> = {
  // resolved.conf(5), systemd.dns-delegate(5): with DNS= in resolved.conf all other names would be asked for here, too.
  resolved: ({ address, port }, domain) => `# /etc/systemd/dns-delegate.d/mymachines.dns-delegate (systemd 258 or later)
# then: systemctl restart systemd-resolved
[Delegate]
DNS=${address.includes(':') ? `[${address}]` : address}:${port}
Domains=~${domain}

# /etc/systemd/resolved.conf.d/mymachines.conf (systemd 246 to 257, instead)
# [Resolve]
# DNS=${address.includes(':') ? `[${address}]` : address}:${port}
# Domains=~${domain}
`,
  dnsmasq: ({ address, port }, domain) => `# /etc/dnsmasq.d/mymachines.conf
# then: systemctl restart dnsmasq
${dnsmasqLines(address, port, domain)}`,
  networkmanager: ({ address, port }, domain) => `# /etc/NetworkManager/conf.d/mymachines.conf
# then: systemctl restart NetworkManager
[main]
dns=dnsmasq

# /etc/NetworkManager/dnsmasq.d/mymachines.conf
${dnsmasqLines(address, port, domain)}`,
};

/** dnsmasq(8). Private addresses in answers are what is wanted here, also where `stop-dns-rebind` forbids them. */
function dnsmasqLines(address: string, port: number, domain: string): string {
  return `server=/${domain}/${address}#${port}\nrebind-domain-ok=/${domain}/\n`;
}
