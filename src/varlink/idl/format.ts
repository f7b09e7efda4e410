import type { Enum, Interface, Member, Struct, Type } from './syntax.ts';

/**
 * The text of an interface definition in the layout of `varlinkctl introspect`: one field or value a line, indented by
 * tabs, every comment on a line of its own before what it belongs to. Parsing it gives the same tree again.
 */
export function formatInterface(definition: Interface): string {
  const blocks = [`${formatComments(definition.comments, '')}interface ${definition.name}\n`];
  for (const member of definition.members) {
    blocks.push(`${formatComments(member.comments, '')}${formatMember(member)}\n`);
  }
  if (definition.trailingComments.length > 0) blocks.push(formatComments(definition.trailingComments, ''));
  return blocks.join('\n');
}

function formatMember(member: Member): string {
  switch (member.kind) {
    case 'type':
      return `type ${member.name}${formatType(member.value, '')}`;
    case 'method':
      return `method ${member.name}${formatType(member.input, '')} -> ${formatType(member.output, '')}`;
    case 'error':
      return `error ${member.name}${formatType(member.parameters, '')}`;
  }
}

function formatType(type: Type, indent: string): string {
  switch (type.kind) {
    case 'nullable':
      return `?${formatType(type.element, indent)}`;
    case 'list':
      return `[]${formatType(type.element, indent)}`;
    case 'dictionary':
      return `[string]${formatType(type.element, indent)}`;
    case 'reference':
      return type.name;
    case 'struct':
    case 'enum':
      return formatEntries(type, indent);
    default:
      return type.kind;
  }
}

function formatEntries(type: Struct | Enum, indent: string): string {
  const inner = `${indent}\t`;
  const entries =
    type.kind === 'enum'
      ? type.values.map(({ comments, name }) => `${formatComments(comments, inner)}${inner}${name}`)
      : type.fields.map(
          (field) => `${formatComments(field.comments, inner)}${inner}${field.name}: ${formatType(field.type, inner)}`,
        );
  return entries.length === 0 ? '()' : `(\n${entries.join(',\n')}\n${indent})`;
}

function formatComments(comments: readonly string[], indent: string): string {
  return comments.map((text) => `${indent}#${text === '' ? '' : ` ${text}`}\n`).join('');
}
