import type {
  InterfaceDescription,
  MethodDescription,
  PropertyDescription,
} from '../../../src/dbus/objects/interface.ts';

/** The interfaces that a document of sd-bus describes, but for those that every object has. */
export function parseIntrospection(document: string): InterfaceDescription[] {
  const parts = document.matchAll(/^ <interface name="([^"]+)">\n(.*?)^ <\/interface>\n/gms);
  return [...parts]
    .map(([, name = '', text = '']) => ({
      name,
      properties: Object.fromEntries(members(text, 'property').map((member) => [member.name, propertyOf(member)])),
      methods: Object.fromEntries(members(text, 'method').map((member) => [member.name, methodOf(member)])),
      signals: Object.fromEntries(members(text, 'signal').map((member) => [member.name, argumentsOf(member.text)])),
    }))
    .filter(({ name }) => !name.startsWith('org.freedesktop.DBus.'));
}

interface Member {
  readonly name: string;
  readonly attributes: string;
  readonly text: string;
}

function members(text: string, kind: string): Member[] {
  const found = text.matchAll(new RegExp(`^  <${kind} name="([^"]+)"([^>]*)>\n(.*?)^  </${kind}>\n`, 'gms'));
  return [...found].map(([, name = '', attributes = '', inner = '']) => ({ name, attributes, text: inner }));
}

const privileged = (text: string) => (text.includes('systemd1.Privileged" value="true"') ? { privileged: true } : {});

function propertyOf({ attributes, text }: Member): PropertyDescription {
  const type = /type="([^"]+)"/.exec(attributes)?.[1] as string;
  const access = /access="([^"]+)"/.exec(attributes)?.[1] as 'read' | 'readwrite';
  const emits = (/EmitsChangedSignal" value="(\w+)"/.exec(text)?.[1] ?? 'true') as PropertyDescription['emits'];
  return { type, access, emits, ...privileged(text) };
}

function methodOf({ text }: Member): MethodDescription {
  return { in: argumentsOf(text, 'in'), out: argumentsOf(text, 'out'), ...privileged(text) };
}

function argumentsOf(text: string, direction?: string): Record<string, string> {
  const end = direction === undefined ? '' : ` direction="${direction}"`;
  const found = text.matchAll(new RegExp(`^   <arg type="([^"]+)"(?: name="([^"]+)")?${end}/>$`, 'gm'));
  return Object.fromEntries([...found].map(([, type = '', name], index) => [name ?? index, type]));
}
