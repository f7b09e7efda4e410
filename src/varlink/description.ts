/** The text of an interface definition; the generated ones carry the types of their methods and errors along. */
export type Description<Methods, Errors> = string & { readonly methods?: Methods; readonly errors?: Errors };

/** The methods that a description carries; of a plain string, any. */
export type MethodsOf<Text extends string> = Text extends { readonly methods?: infer Methods }
  ? NonNullable<Methods>
  : { readonly [name: string]: { parameters: Untyped; reply: Untyped } };

/** The errors that a description carries; of a plain string, any. */
export type ErrorsOf<Text extends string> = Text extends { readonly errors?: infer Errors }
  ? NonNullable<Errors>
  : { readonly [name: string]: Untyped };

// biome-ignore lint/suspicious/noExplicitAny: nothing is known of the types
type Untyped = any;
