/**
 * A reply as text, made once for many calls or peers. A handler may give it wherever it may give a reply. What is in it
 * is not seen any more when the original changes.
 */
export class PreparedReply<Reply> {
  /** What it was made of: known to the compiler only. */
  declare readonly parameters: Reply;
  /** JSON, without what Varlink puts around it. */
  readonly text: string;

  /** Throws a TypeError when there is no JSON for it. */
  constructor(parameters: Reply & object) {
    this.text = JSON.stringify(parameters);
  }
}
