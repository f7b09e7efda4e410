/** Where a server is: an address as text, IPv6 without brackets, with the interface's name where it is link-local. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The port of the DNS (RFC 1035 4.2). */
export const DNS_PORT = 53;

/** As people write it: `127.0.0.1:53`, `[::1]:53`. */
export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
