import type { ImplementedInterface } from './implement.ts';
import { type AnyVariant, Variant } from './values.ts';

/** What a signal carries, for whoever sends it from an object's path. */
export interface SignalContent {
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

/**
 * The signal that tells of changed properties: with their values now, or only by name where the interface says so
 * (D-Bus Specification, "org.freedesktop.DBus.Properties").
 * @throws Error for a property that is not there, or whose changes are not told
 */
export async function propertiesChanged<Target>(
  { description, properties }: ImplementedInterface<Target>,
  names: readonly string[],
  target: Target,
): Promise<SignalContent> {
  const changed = new Map<string, AnyVariant>();
  const invalidated: string[] = [];
  for (const name of names) {
    const property = properties.get(name);
    if (property === undefined) throw new Error(`${description.name} has no property ${name}`);
    const emits = description.properties[name]?.emits;
    if (emits === 'invalidates') invalidated.push(name);
    else if (emits === 'true') changed.set(name, new Variant<string>(property.type, await property.get(target)));
    else throw new Error(`changes of ${description.name}.${name} are not told`);
  }
  return {
    interface: 'org.freedesktop.DBus.Properties',
    member: 'PropertiesChanged',
    signature: 'sa{sv}as',
    body: [description.name, changed, invalidated],
  };
}
