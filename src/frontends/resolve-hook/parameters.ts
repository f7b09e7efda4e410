import { invalidParameter, type VarlinkError } from '../../varlink/index.ts';
import { isDomainName } from './domain-name.ts';
import type { Question } from './io.systemd.Resolve.Hook.ts';

/** What is asked for: numbers of the DNS and a name, as it was spelled. */
export interface Key {
  readonly class: number;
  readonly type: number;
  readonly name: string;
}

/** As many keys are taken at once; systemd 262 takes as many. Its resolved asks for two. */
const maximumKeys = 128;

/** Reads what ResolveRecord was given; all of it must be right, whoever it is about. */
export function readQuestion(question: readonly Question[]): readonly Key[] | VarlinkError {
  if (question.length === 0 || question.length > maximumKeys) return invalidParameter('question');
  const keys: Key[] = [];
  for (const [index, { key }] of question.entries()) {
    const { type, name } = key;
    const dnsClass = key.class ?? INTERNET;
    const fault = isNumber(type) ? (isNumber(dnsClass) ? (isDomainName(name) ? undefined : 'name') : 'class') : 'type';
    if (fault !== undefined) return invalidParameter(`question[${index}].key.${fault}`);
    keys.push({ class: dnsClass, type, name });
  }
  return keys;
}

/** IN (RFC 1035 3.2.4). */
export const INTERNET = 1;

function isNumber(value: number): boolean {
  return value >= 0 && value <= 0xffff;
}
