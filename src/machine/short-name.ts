import { createHash } from 'node:crypto';

/** Longest name of a user or group, in bytes: what utmp(5) can hold. systemd 262's records have no longer ones. */
export const maximumUserName = 31;

/**
 * How many digits a number in a machine may have so that there is the ordinary name for it, `vu-NAME-NUMBER`; 0: for
 * none. 10 are as many as any has. POSIX allows dots in names of users, but systemd's strict rule
 * (`valid_user_group_name`), and so its records, do not.
 */
export function namedDigits(machineName: string): number {
  if (machineName.includes('.')) return 0;
  return Math.min(longestNumber, Math.max(0, maximumUserName - 'vu--'.length - machineName.length));
}

/**
 * What stands for a machine in names of users and groups where its own name does not fit: up to six of the letters,
 * digits and hyphens that its name begins with, `_`, and ten characters made of all of it, as in `webexa_ao56qkvers`.
 * With any number the whole is 31 bytes at most, and no other machine's name has a `_`.
 *
 * The ten characters are the first 50 bits of the SHA-256 of the name, in base32 (RFC 4648) with small letters. So the
 * name is the same on every host and at all times. Two names with the same short form can be made by trying some ten
 * million; whoever knows of them must give it to neither ({@link ShortNames}).
 */
export function shortName(machineName: string): string {
  const digest = createHash('sha256').update(machineName).digest();
  let bits = digest.readBigUInt64BE() >> BigInt(64 - 5 * hashLength);
  let hash = '';
  for (let length = 0; length < hashLength; length++) {
    hash = base32[Number(bits & 31n)] + hash;
    bits >>= 5n;
  }
  return `${machineName.replaceAll('.', '').slice(0, headLength)}_${hash}`;
}

/** Digits of the greatest id, 4294967294. */
const longestNumber = 10;
const headLength = 6;
const hashLength = 10;
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Which machine a short name stands for. One that two have stands for neither: nobody can say which is meant. */
export class ShortNames<Owner> {
  readonly #owners = new Map<string, readonly Owner[]>();

  add(name: string, owner: Owner): void {
    this.#owners.set(name, [...(this.#owners.get(name) ?? []), owner]);
  }

  remove(name: string, owner: Owner): void {
    const others = this.#owners.get(name)?.filter((other) => other !== owner) ?? [];
    if (others.length > 0) this.#owners.set(name, others);
    else this.#owners.delete(name);
  }

  /** Whose name it is; undefined when it is nobody's or several would have it. */
  find(name: string): Owner | undefined {
    const owners = this.#owners.get(name);
    return owners?.length === 1 ? owners[0] : undefined;
  }

  /** The names that several would have, with all of these. */
  *conflicts(): IterableIterator<readonly [name: string, owners: readonly Owner[]]> {
    for (const [name, owners] of this.#owners) if (owners.length > 1) yield [name, owners];
  }
}
