/**
 * The object of an interface in org.freedesktop.network1(5): its index as text, the first digit escaped, since no
 * element that sd-bus makes of a text begins with one (sd_bus_path_encode(3)).
 */
export function linkPath(interfaceIndex: number): string {
  const [first, ...rest] = String(interfaceIndex);
  return `${PREFIX}_3${first}${rest.join('')}`;
}

/** Whose object it is, or undefined for another one. */
export function interfaceIndexOf(path: string): number | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const [, first, rest] = /^_3([1-9])(\d{0,9})$/.exec(path.slice(PREFIX.length)) ?? [];
  return first === undefined ? undefined : Number(`${first}${rest}`);
}

const PREFIX = '/org/freedesktop/network1/link/';
