import { readFileSync } from 'node:fs';
import { type ImplementedInterface, implement } from '../../../src/dbus/objects/implement.ts';
import type { Implementation, InterfaceDescription } from '../../../src/dbus/objects/interface.ts';
import { type ObjectFamily, ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import { projectRoot } from '../../support/project-root.ts';
import { machineNames } from './object-questions.ts';
import { parseIntrospection } from './parse-introspection.ts';
import type { Exchange } from './question.ts';

/** What systemd-machined 262 said (recorded-objects.test.ts). */
export const recorded = JSON.parse(
  readFileSync(`${projectRoot}/fixtures/systemd-262/dbus-objects.json`, 'utf8'),
) as Readonly<Record<'objects' | 'log', readonly Exchange[]>>;

/** The introspection document of a path, as recorded. */
export function recordedDocument(path: string): string {
  const asked = recorded.objects.find(({ question }) => question.member === 'Introspect' && question.path === path);
  if (asked === undefined || !('body' in asked.reply)) throw new Error(`no document of ${path}`);
  return asked.reply.body[0] as string;
}

/** Its interfaces, with these values for their properties, and methods that nobody is to get to. */
export function recordedInterfaces<Target>(
  path: string,
  value: (property: string, target: Target) => unknown,
): ImplementedInterface<Target>[] {
  return parseIntrospection(recordedDocument(path)).map((description) => {
    const implementation = {
      properties: Object.fromEntries(
        Object.entries(description.properties).map(([name, { access, type }]) => {
          const get = (target: Target) => value(name, target) ?? nothingOf(type);
          return [name, access === 'readwrite' ? { get, set: unreachable } : get];
        }),
      ),
      methods: Object.fromEntries(Object.keys(description.methods).map((name) => [name, unreachable])),
    };
    return implement(description, implementation as unknown as Implementation<InterfaceDescription, Target>);
  });
}

function nothingOf(type: string): unknown {
  if (type === 'ay') return new Uint8Array();
  if (type.startsWith('a')) return [];
  if (type === 's') return '';
  if (type === 'b') return false;
  return 'xt'.includes(type) ? 0n : 0;
}

function unreachable(): never {
  throw new Error('a method was called');
}

export const machineId = '0123456789abcdef0123456789abcdef';
const root = '/org/freedesktop/machine1';

/**
 * A tree with the objects that were asked.
 * @param later a family's objects are found after a while
 * @param log with the object of the log
 */
export function recordedTree({ later, log = true }: { readonly later: boolean; readonly log?: boolean }): ObjectTree {
  const tree = new ObjectTree({ machineId, uid: 0 });
  const pool = (property: string) => (property === 'PoolPath' ? '/var/lib/machines' : 2n ** 64n - 1n);
  const nameOnly = (property: string, name: string) => (property === 'Name' ? name : undefined);
  const family = (...names: readonly string[]): ObjectFamily<string> => ({
    find: (name) => {
      const found = names.includes(name) ? name : undefined;
      return later ? new Promise((resolve) => setImmediate(resolve, found)) : found;
    },
    names: () => names,
  });
  tree.addFamily(
    `${root}/machine`,
    family('.host', ...machineNames),
    ...recordedInterfaces(`${root}/machine/_2ehost`, nameOnly),
  );
  tree.addFamily(`${root}/image`, family('.host'), ...recordedInterfaces(`${root}/image/_2ehost`, nameOnly));
  tree.add(root, ...recordedInterfaces<undefined>(root, pool));
  if (log)
    tree.add('/org/freedesktop/LogControl1', ...recordedInterfaces<undefined>('/org/freedesktop/LogControl1', pool));
  return tree;
}
