import type { Arguments, InterfaceDescription } from './interface.ts';

// Introspection documents, to the byte as sd-bus writes them (D-Bus Specification, "Introspection Data Format").
// Nothing in them needs escaping: names and signatures of D-Bus have no character that means something in XML.

export const introspectableInterface = 'org.freedesktop.DBus.Introspectable';

const start = `<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"https://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
 <interface name="org.freedesktop.DBus.Peer">
  <method name="Ping"/>
  <method name="GetMachineId">
   <arg type="s" name="machine_uuid" direction="out"/>
  </method>
 </interface>
 <interface name="org.freedesktop.DBus.Introspectable">
  <method name="Introspect">
   <arg name="xml_data" type="s" direction="out"/>
  </method>
 </interface>
 <interface name="org.freedesktop.DBus.Properties">
  <method name="Get">
   <arg name="interface_name" direction="in" type="s"/>
   <arg name="property_name" direction="in" type="s"/>
   <arg name="value" direction="out" type="v"/>
  </method>
  <method name="GetAll">
   <arg name="interface_name" direction="in" type="s"/>
   <arg name="props" direction="out" type="a{sv}"/>
  </method>
  <method name="Set">
   <arg name="interface_name" direction="in" type="s"/>
   <arg name="property_name" direction="in" type="s"/>
   <arg name="value" direction="in" type="v"/>
  </method>
  <signal name="PropertiesChanged">
   <arg type="s" name="interface_name"/>
   <arg type="a{sv}" name="changed_properties"/>
   <arg type="as" name="invalidated_properties"/>
  </signal>
 </interface>
`;

/**
 * The document of an object, with the interfaces that every object has before its own.
 * @param interfaces what {@link introspectInterface} gave for each
 * @param children last path elements of the objects below it, in the order in which they are written
 */
export function introspectObject(interfaces: readonly string[], children: readonly string[]): string {
  const nodes = children.map((name) => ` <node name="${name}"/>\n`);
  return `${start}${interfaces.join('')}${nodes.join('')}</node>\n`;
}

/** The part of a document that is about one interface. */
export function introspectInterface({ name, properties, methods, signals }: InterfaceDescription): string {
  const lines = [` <interface name="${name}">\n`];
  for (const [property, { type, access = 'read', emits, privileged }] of Object.entries(properties)) {
    lines.push(`  <property name="${property}" type="${type}" access="${access}">\n`);
    // A change that is told with its value is what clients take for granted.
    if (emits !== 'true') lines.push(annotation('org.freedesktop.DBus.Property.EmitsChangedSignal', emits));
    if (privileged) lines.push(PRIVILEGED);
    lines.push('  </property>\n');
  }
  for (const [method, { in: input, out, privileged }] of Object.entries(methods)) {
    lines.push(`  <method name="${method}">\n`, ...args(input, 'in'), ...args(out, 'out'));
    if (privileged) lines.push(PRIVILEGED);
    lines.push('  </method>\n');
  }
  for (const [signal, members] of Object.entries(signals)) {
    lines.push(`  <signal name="${signal}">\n`, ...args(members), '  </signal>\n');
  }
  lines.push(' </interface>\n');
  return lines.join('');
}

function annotation(name: string, value: string): string {
  return `   <annotation name="${name}" value="${value}"/>\n`;
}

const PRIVILEGED = annotation('org.freedesktop.systemd1.Privileged', 'true');

function args(described: Arguments, direction?: 'in' | 'out'): string[] {
  const end = direction === undefined ? '' : ` direction="${direction}"`;
  return Object.entries(described).map(([key, type]) => {
    const name = /^\d/.test(key) ? '' : ` name="${key}"`;
    return `   <arg type="${type}"${name}${end}/>\n`;
  });
}
