import type { HostNames } from '../../resolver/host-names.ts';

/**
 * Names that are no machine's but have machines below them, as `b` where there is a machine `a.b`: of them there is no
 * data, but they are there (RFC 8020 2). Few machines have a dot in their name. Looked for after a change, when
 * somebody asks for a name that is not there.
 */
export class UpperNames {
  readonly #names: Pick<HostNames, 'names'>;
  #known: Set<string> | undefined;

  constructor(names: Pick<HostNames, 'names'>) {
    this.#names = names;
  }

  changed(): void {
    this.#known = undefined;
  }

  /** @param name in lower case, without a dot at its end */
  has(name: string): boolean {
    this.#known ??= this.#collect();
    return this.#known.has(name);
  }

  #collect(): Set<string> {
    const found = new Set<string>();
    for (const name of this.#names.names()) {
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        found.add(name.slice(dot + 1).toLowerCase());
      }
    }
    return found;
  }
}
