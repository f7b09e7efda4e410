import { ProtocolError, type VarlinkError } from './errors.ts';
import { encodeMessages } from './framing.ts';
import { parseMessage } from './json.ts';
import { formatContinuing, formatOnly, PreparedReply } from './prepared-reply.ts';

/** A method call as it came in. */
export interface CallMessage {
  readonly method: string;
  readonly parameters: Record<string, unknown>;
  readonly more: boolean;
  readonly oneway: boolean;
}

/** A reply as it came in; `error` is undefined where the call went well. */
export interface ReplyMessage {
  readonly error: string | undefined;
  readonly parameters: Record<string, unknown>;
  readonly continues: boolean;
  /** That came with it, if any; whoever takes the message closes them. */
  readonly descriptors?: readonly number[];
}

/**
 * Reads a call (https://varlink.org/Method-Call). Throws {@link ProtocolError}, after which the connection is to be
 * closed without a reply, for everything that makes sd-varlink 262 close it: members of a wrong type or unknown ones,
 * flags that are null, and two of the flags set together. `upgrade` alone is taken and means nothing, for there are no
 * methods that upgrade: sd-varlink answers as to any other call.
 */
export function parseCall(bytes: Buffer): CallMessage {
  const message = parseMessage(bytes);
  let method: string | undefined;
  let parameters: Record<string, unknown> | undefined;
  let more = false;
  let oneway = false;
  let upgrade = false;
  for (const key in message) {
    const value = message[key];
    if (key === 'method' && typeof value === 'string') method = value;
    else if (key === 'parameters' && isParameters(value)) parameters = value ?? undefined;
    else if (key === 'more' && typeof value === 'boolean') more = value;
    else if (key === 'oneway' && typeof value === 'boolean') oneway = value;
    else if (key === 'upgrade' && typeof value === 'boolean') upgrade = value;
    else throw new ProtocolError(`a call has a bad member ${JSON.stringify(key)}`);
  }
  if (method === undefined) throw new ProtocolError('a call has no method');
  if ((more && (oneway || upgrade)) || (oneway && upgrade)) {
    throw new ProtocolError('a call has more than one of more, oneway and upgrade');
  }
  return { method, parameters: parameters ?? {}, more, oneway };
}

/** Reads a reply; throws {@link ProtocolError} for what is none. */
export function parseReply(bytes: Buffer): ReplyMessage {
  const message = parseMessage(bytes);
  let error: string | undefined;
  let parameters: Record<string, unknown> | undefined;
  let continues = false;
  for (const key in message) {
    const value = message[key];
    if (key === 'error' && typeof value === 'string') error = value;
    else if (key === 'parameters' && isParameters(value)) parameters = value ?? undefined;
    else if (key === 'continues' && typeof value === 'boolean') continues = value;
    else throw new ProtocolError(`a reply has a bad member ${JSON.stringify(key)}`);
  }
  if (error !== undefined && continues) throw new ProtocolError('a reply has both error and continues');
  return { error, parameters: parameters ?? {}, continues };
}

/** The text of a call with its NUL, without the members that say nothing. */
export function formatCall(method: string, parameters: object, flag?: 'more' | 'oneway'): string {
  const text = JSON.stringify(parameters);
  const end = flag === undefined ? '}\0' : `,"${flag}":true}\0`;
  return `{"method":${JSON.stringify(method)}${text === '{}' ? '' : `,"parameters":${text}`}${end}`;
}

/** The text of a reply with its NUL, byte for byte as sd-varlink 262 writes it: empty parameters are left out. */
export function formatReply(parameters: object | undefined, continues: boolean): string {
  const text = textOf(parameters);
  return continues ? formatContinuing(text) : formatOnly(text);
}

function textOf(parameters: object | undefined): string {
  if (parameters instanceof PreparedReply) return parameters.text;
  return parameters === undefined ? '{}' : JSON.stringify(parameters);
}

/** The text of an error reply with its NUL. */
export function formatError(error: string, parameters: object): string {
  const text = JSON.stringify(parameters);
  if (text === '{}') return `{"error":${JSON.stringify(error)}}\0`;
  return `{"error":${JSON.stringify(error)},"parameters":${text}}\0`;
}

/** The message of an error with its NUL, for shortcuts to give. */
export function encodeError({ error, parameters }: VarlinkError): Buffer {
  return encodeMessages(formatError(error, parameters));
}

function isParameters(value: unknown): value is Record<string, unknown> | null {
  return typeof value === 'object' && !Array.isArray(value);
}
