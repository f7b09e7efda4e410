/**
 * Further names of machines. A name that two machines have stands for neither: whoever comes second must not take it
 * away, and whoever was first is not known to be meant.
 */
export class AliasIndex<Owner> {
  /** By name in lower case. */
  readonly #owners = new Map<string, Map<Owner, string>>();

  add(owner: Owner, name: string): void {
    const lower = name.toLowerCase();
    const owners = this.#owners.get(lower) ?? new Map<Owner, string>();
    this.#owners.set(lower, owners.set(owner, name));
  }

  remove(owner: Owner, name: string): void {
    const lower = name.toLowerCase();
    const owners = this.#owners.get(lower);
    owners?.delete(owner);
    if (owners?.size === 0) this.#owners.delete(lower);
  }

  /** Whose name it is, in lower case, and how they spell it; undefined when it is nobody's or several have it. */
  find(lower: string): readonly [owner: Owner, name: string] | undefined {
    const owners = this.#owners.get(lower);
    if (owners?.size !== 1) return undefined;
    const [only] = owners;
    return only;
  }

  /** All that `find` finds: in lower case, and as it is spelled. */
  *names(): Generator<readonly [lower: string, name: string]> {
    for (const [lower, owners] of this.#owners) {
      const [name] = owners.values();
      if (owners.size === 1 && name !== undefined) yield [lower, name];
    }
  }

  /** Every name in lower case, and all who have it. */
  *claims(): Generator<readonly [lower: string, owners: readonly Owner[]]> {
    for (const [lower, owners] of this.#owners) yield [lower, [...owners.keys()]];
  }
}

/**
 * The name of a libvirt domain, of which libvirt makes the machine's name: `minikube` of `qemu-4-minikube`. The number
 * is another one each time the domain starts, so that nobody can ask for it. Undefined for all other names.
 */
export function domainName(machine: string): string | undefined {
  return /^qemu-[0-9]+-([A-Za-z0-9].*)$/.exec(machine)?.[1];
}
