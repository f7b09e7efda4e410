import { declare } from './libc.ts';

/** The name of one of our own network interfaces (if_indextoname(3)), or undefined when there is none of that index. */
export function interfaceName(index: number): string | undefined {
  // Any number beyond 32 bits would be another one's.
  if (!(Number.isInteger(index) && index > 0 && index <= 0x7fff_ffff)) return undefined;
  if (indexToName(index, buffer) === null) return undefined;
  return buffer.toString('utf8', 0, buffer.indexOf(0));
}

/** The index of one of our own network interfaces (if_nametoindex(3)), or undefined when there is none of that name. */
export function interfaceIndex(name: string): number | undefined {
  return nameToIndex(name) || undefined;
}

const nameToIndex = declare('unsigned int if_nametoindex(const char *name)');
const indexToName = declare('char *if_indextoname(unsigned int index, void *name)');
// IFNAMSIZ, with the final NUL
const buffer = Buffer.alloc(16);
