/** A word of the domain as a value of an enumeration in Varlink, where no hyphen may be. */
export function underscored<Word extends string>(word: Word): Underscored<Word> {
  return word.replaceAll('-', '_') as Underscored<Word>;
}

type Underscored<Word extends string> = Word extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Word;
