import { CallReader } from '../../varlink/index.ts';
import type { Question } from './io.systemd.Resolve.Hook.ts';
import { INTERNET } from './parameters.ts';

/**
 * What a call of ResolveRecord asks, where it is written as systemd-resolved writes it and asks for names that need no
 * escapes; undefined for any other call.
 */
export function readUsualQuestion(call: Buffer): readonly Question[] | undefined {
  reader.begin(call);
  if (!reader.skip(before)) return undefined;
  const question: Question[] = [];
  do {
    if (!reader.skip(beforeType)) return undefined;
    const type = reader.number();
    if (type < 0 || !reader.skip(beforeName)) return undefined;
    const name = reader.word();
    if (!reader.skip(afterName)) return undefined;
    question.push({ key: { class: INTERNET, type, name } });
  } while (reader.skip(between));
  return reader.skip(after) && reader.done ? question : undefined;
}

const reader = new CallReader();
const before = Buffer.from('{"method":"io.systemd.Resolve.Hook.ResolveRecord","parameters":{"question":[');
const beforeType = Buffer.from(`{"key":{"class":${INTERNET},"type":`);
const beforeName = Buffer.from(',"name":"');
const afterName = Buffer.from('"}}');
const between = Buffer.from(',');
const after = Buffer.from(']}}\0');
