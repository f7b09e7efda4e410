/** Which socket of systemd-machined a question goes to. */
export type Socket = 'machine' | 'userdb' | 'hook';

/** Who asks (callers.ts). */
export type CallerName = 'root' | 'alice' | 'bob' | 'outside' | 'inside' | 'subgroup';

/**
 * Something to ask, or to do to the machines, as data. Texts have placeholders («c1.base+33», values.ts) where a value
 * is another one each time.
 */
export type Question = { readonly id: string; readonly as?: CallerName } & (
  | {
      readonly kind: 'call';
      readonly socket: Socket;
      /** Messages that go out on one connection, at once, each with a NUL at its end. */
      readonly send: readonly string[];
      /** The machines come in any order, which systemd-machined takes from a hash table with a random seed. */
      readonly unordered?: true;
      /** Unregisters this machine: systemd-machined answers before it is gone, so that is waited for. */
      readonly leaves?: string;
    }
  | {
      readonly kind: 'bytes';
      readonly socket: Socket;
      /** What goes out, in latin1, as it is. */
      readonly send: string;
    }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'run'; readonly command: readonly string[] }
  | {
      /** Takes note of the process that is the main one of a unit, from now on «NAME.pid» and «NAME.pidfdId». */
      readonly kind: 'learn';
      readonly name: string;
      readonly unit: string;
    }
);

/** What came back, with the same placeholders. */
export type Answer =
  | { readonly receive: readonly string[]; readonly closed?: true }
  | { readonly content: string | null }
  | { readonly status: number; readonly stdout: string; readonly stderr: string }
  | Record<string, never>;

/** A question and its answer. */
export interface Exchange {
  readonly question: Question;
  readonly answer: Answer;
}

/** What a call may have besides its parameters. */
export interface CallFlags {
  readonly more?: boolean;
  readonly oneway?: boolean;
}

/** The text of a call. Numbers that are placeholders come from {@link number}. */
export function message(method: string, parameters?: unknown, flags: CallFlags = {}): string {
  return JSON.stringify({ method, ...(parameters === undefined ? {} : { parameters }), ...flags }).replace(
    /"«#([^»]+)»"/g,
    '«$1»',
  );
}

/** A placeholder for a number in the parameters of {@link message}: `c1.base+33`. */
export function number(expression: string): string {
  return `«#${expression}»`;
}

/** The text of a call to io.systemd.Machine. */
export function machine(method: string, parameters?: unknown, flags?: CallFlags): string {
  return message(`io.systemd.Machine.${method}`, parameters, flags);
}

/** The text of a call to io.systemd.UserDatabase, with the service filled in unless `parameters` says otherwise. */
export function userdb(method: string, parameters: object = {}, flags?: CallFlags): string {
  return message(`io.systemd.UserDatabase.${method}`, { ...parameters, service: 'io.systemd.Machine' }, flags);
}

/** One question for each parameter set; their ids are the area and the text of the parameters. */
export function calls(
  area: string,
  socket: Socket,
  texts: readonly string[],
  as: CallerName | undefined = undefined,
): Question[] {
  return texts.map((text) => ({
    id: `${area}${as === undefined ? '' : ` (${as})`}: ${shortened(text)}`,
    kind: 'call',
    socket,
    send: [text],
    ...(as === undefined ? {} : { as }),
  }));
}

function shortened(text: string): string {
  const brief = text
    .replace(/^\{"method":"(?:io\.systemd\.)?([^"]*)"(?:,"parameters":)?/, '$1 ')
    .replace(/,?"service":"io\.systemd\.Machine"/, '')
    .replace(/\}$/, '');
  return brief.length > 160 ? `${brief.slice(0, 150)}…(${brief.length})` : brief;
}
