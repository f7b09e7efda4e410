import { BUS_NAME, isBusName, isInterfaceName, isMemberName, isObjectPath, isUniqueName } from '../names.ts';

/** Which signals are wanted (D-Bus Specification, "Match Rules"); what is not given may be anything. */
export interface MatchRule {
  /** A well-known name stands for whoever has it at the moment. */
  readonly sender?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly path?: string;
  /** The first argument, which must be a string. */
  readonly arg0?: string;
}

/** A signal that came in. */
export interface Signal {
  /** The unique name of who sent it, which the bus wrote, or the bus's own. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

export type SignalListener = (signal: Signal) => void;

/** The rule as the bus takes it. Throws a TypeError that says what in it is not valid. */
export function formatMatchRule(rule: MatchRule): string {
  const { sender, interface: interfaceName, member, path, arg0 } = rule;
  if (sender !== undefined && !isBusName(sender)) throw invalid('sender', sender);
  if (interfaceName !== undefined && !isInterfaceName(interfaceName)) throw invalid('interface', interfaceName);
  if (member !== undefined && !isMemberName(member)) throw invalid('member', member);
  if (path !== undefined && !isObjectPath(path)) throw invalid('path', path);
  if (arg0?.includes('\0')) throw invalid('arg0', arg0);
  const parts = Object.entries({ type: 'signal', sender, interface: interfaceName, member, path, arg0 })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    // Within quotes everything is taken as it is but the quote itself.
    .map(([key, value]) => `${key}='${value.replaceAll("'", `'\\''`)}'`);
  return parts.join(',');
}

/** Whether a sender has to be looked up: only a well-known name can be somebody else tomorrow. */
export function hasOwner(sender: string | undefined): sender is string {
  return sender !== undefined && !isUniqueName(sender) && sender !== BUS_NAME;
}

/**
 * Whether a signal is one that the rule asks for, apart from arg0. The bus sends every signal once, however many rules
 * it meets, and anybody may send one to us alone, so this has to be looked at here.
 * @param owner the unique name of who has the rule's sender, where that is a well-known name
 */
export function matchesHeader(rule: MatchRule, signal: Omit<Signal, 'body'>, owner: string | undefined): boolean {
  return (
    (rule.member === undefined || rule.member === signal.member) &&
    (rule.interface === undefined || rule.interface === signal.interface) &&
    (rule.path === undefined || rule.path === signal.path) &&
    (rule.sender === undefined || signal.sender === (hasOwner(rule.sender) ? owner : rule.sender))
  );
}

export function matchesArgument(rule: MatchRule, signal: Signal): boolean {
  return rule.arg0 === undefined || (signal.signature.startsWith('s') && signal.body[0] === rule.arg0);
}

function invalid(key: string, value: string): TypeError {
  return new TypeError(`${JSON.stringify(value)} is no valid ${key} of a match rule`);
}
