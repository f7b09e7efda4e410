import { interfacePattern, parseInterface } from './parse.ts';
import { Scanner } from './scanner.ts';

/** The name of the interface that a text defines, which alone is read. @throws IdlError when it begins otherwise */
export function interfaceName(text: string): string {
  const scanner = new Scanner(text);
  const keyword = scanner.next().text;
  const { text: name } = scanner.next();
  return keyword === 'interface' && interfacePattern.test(name) ? name : parseInterface(text).name;
}
