import type { SocketAddress } from './net-transport.ts';

/**
 * Reads a Varlink address of a local socket (https://varlink.org/URI): `unix:/run/service`, `unix:@name` for the
 * abstract namespace, or a plain path with a slash. What follows a `;` is for whoever makes the socket and means
 * nothing here.
 *
 * Throws a TypeError for anything else, such as the transports `tcp:` and `exec:`.
 */
export function parseAddress(address: string): SocketAddress {
  const [place = ''] = (address.startsWith('unix:') ? address.slice('unix:'.length) : address).split(';', 1);
  const named = address.startsWith('unix:') ? place !== '' : place.includes('/') && !/^[a-z]+:/.test(place);
  if (!named || place === '@' || place.includes('\0')) {
    throw new TypeError(`not the address of a local socket, such as unix:/run/service: ${JSON.stringify(address)}`);
  }
  if (place.startsWith('@')) return { abstract: place.slice(1) };
  return { path: place };
}
