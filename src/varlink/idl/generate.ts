import { formatInterface } from './format.ts';
import type { ErrorDefinition, Interface, MethodDefinition, Struct, Type, TypeDefinition } from './syntax.ts';

/**
 * The TypeScript module for an interface definition: a type for each of its types, `Methods` (parameters and reply of
 * each method), `Errors` (parameters of each error), and `description`, the definition's text, which carries both in
 * its type, so that `implement` and `VarlinkClient.use` infer them.
 *
 * Comments become doc comments. A nullable field may be left out, undefined or null. Types whose name the module needs
 * itself get an underscore at the end, which no Varlink name has.
 */
export function generateTypes(definition: Interface): string {
  const ofKind = <K extends 'type' | 'method' | 'error'>(kind: K) =>
    definition.members.filter((member): member is Extract<typeof member, { kind: K }> => member.kind === kind);
  const body = [
    typeDescription(definition),
    ...ofKind('type').map(typeDefinition),
    methods(ofKind('method')),
    errors(ofKind('error')),
  ].join('\n');
  const header = [`// Generated from ${definition.name}.varlink: change that, then generate this again.`];
  // Biome tells a suppression that suppresses nothing.
  if (body.split('\n').length + header.length > 300) {
    header.push('// biome-ignore-all lint/style/noExcessiveLinesPerFile: generated');
  }
  return `${[...header, '// biome-ignore-all format: generated', '', body].join('\n')}`;
}

function typeDescription(definition: Interface): string {
  const comments = definition.comments.length > 0 ? definition.comments : [`The definition of ${definition.name}.`];
  return [
    'export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };\n\n',
    docComment(comments, ''),
    `export const description: Description = ${quote(formatInterface(definition))} as Description;\n`,
  ].join('');
}

function typeDefinition({ name, comments, value }: TypeDefinition): string {
  const declaration =
    value.kind === 'enum' || value.fields.length === 0
      ? `export type ${typeName(name)} = ${typeText(value, '')};\n`
      : `export interface ${typeName(name)} ${typeText(value, '')}\n`;
  return docComment(comments, '') + declaration;
}

function methods(definitions: readonly MethodDefinition[]): string {
  const entries = definitions.map(
    ({ name, comments, input, output }) =>
      `${docComment(comments, '  ')}  ${name}: {\n` +
      `    parameters: ${typeText(input, '    ')};\n    reply: ${typeText(output, '    ')};\n  };\n`,
  );
  return dictionary('Methods', 'What each method takes and answers.', entries);
}

function errors(definitions: readonly ErrorDefinition[]): string {
  const entries = definitions.map(
    ({ name, comments, parameters }) => `${docComment(comments, '  ')}  ${name}: ${typeText(parameters, '  ')};\n`,
  );
  return dictionary('Errors', 'What each error carries.', entries);
}

function dictionary(name: string, comment: string, entries: readonly string[]): string {
  if (entries.length === 0) return `/** ${comment} */\nexport type ${name} = Record<never, never>;\n`;
  return `/** ${comment} */\nexport interface ${name} {\n${entries.join('')}}\n`;
}

function typeText(type: Type, indent: string): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int':
    case 'float':
      return 'number';
    case 'string':
      return 'string';
    case 'object':
      return 'Record<string, unknown>';
    case 'any':
      return 'unknown';
    case 'reference':
      return typeName(type.name);
    case 'enum':
      return type.values.map(({ name }) => `'${name}'`).join(' | ');
    case 'list':
      return `readonly ${parenthesize(type.element, indent)}[]`;
    case 'dictionary':
      return `Record<string, ${typeText(type.element, indent)}>`;
    case 'nullable':
      return `${typeText(type.element, indent)} | null`;
    case 'struct':
      return structText(type, indent);
  }
}

function structText({ fields }: Struct, indent: string): string {
  if (fields.length === 0) return 'Record<string, never>';
  const inner = `${indent}  `;
  const lines = fields.map(({ name, comments, type }) => {
    const key = type.kind === 'nullable' ? `${name}?` : name;
    const value = typeText(type, inner) + (type.kind === 'nullable' ? ' | undefined' : '');
    return `${docComment(comments, inner)}${inner}${key}: ${value};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

function parenthesize(type: Type, indent: string): string {
  const text = typeText(type, indent);
  return type.kind === 'nullable' || type.kind === 'enum' || type.kind === 'list' ? `(${text})` : text;
}

function docComment(comments: readonly string[], indent: string): string {
  if (comments.length === 0) return '';
  const lines = comments.map((line) => line.replaceAll('*/', '*\\/'));
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function typeName(name: string): string {
  return ownNames.has(name) ? `${name}_` : name;
}

// What the generated module declares, and the global type it uses.
const ownNames: ReadonlySet<string> = new Set(['Methods', 'Errors', 'Description', 'Record']);

function quote(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}
