/**
 * Responses that can be given again to the same query, byte for byte but for its id. All of them are forgotten at each
 * change of the names, and after a second, so that what is not told of as it changes is seen, too.
 */
export class PreparedAnswers {
  readonly #responses = new Map<string, Buffer>();
  #bytes = 0;
  #until = 0;

  clear(): void {
    this.#responses.clear();
    this.#bytes = 0;
  }

  /** The response to a query, with the query's id in it; it is used again for the next one. */
  find(query: Buffer): Buffer | undefined {
    if (this.#responses.size === 0 || query.length > LONGEST_QUERY) return undefined;
    if (performance.now() > this.#until) {
      this.clear();
      return undefined;
    }
    const response = this.#responses.get(keyOf(query));
    if (response === undefined) return undefined;
    response[0] = query[0] as number;
    response[1] = query[1] as number;
    return response;
  }

  keep(query: Buffer, response: Buffer): void {
    if (query.length > LONGEST_QUERY) return;
    this.#bytes += response.length + query.length + EACH;
    if (this.#bytes > MOST) {
      this.clear();
      return;
    }
    if (this.#responses.size === 0) this.#until = performance.now() + LIFETIME;
    this.#responses.set(keyOf(query), response);
  }
}

/** Milliseconds. */
const LIFETIME = 1000;
/** Bytes: 20,000 usual ones. */
const MOST = 6_000_000;
/** What one takes besides: a buffer, a text and its place in the map. */
const EACH = 200;
/** Bytes: a header, the longest question and an OPT record without options. */
const LONGEST_QUERY = 12 + 255 + 4 + 11;

function keyOf(query: Buffer): string {
  return query.toString('latin1', 2);
}
