import { type AnyVariant, Variant } from '../../dbus/values.ts';
import type { StandardDescriptors, TransientService } from '../../machine/transient-services.ts';
import { literalWord } from './literal-word.ts';

/**
 * The properties of a transient service (org.freedesktop.systemd1(5), systemd 252 and later): it is started when its
 * program has been, and forgotten when that has ended. What was asked for comes last, and so replaces these.
 */
export function serviceProperties(
  { description, command, properties = [] }: TransientService,
  { input, output, error }: StandardDescriptors,
): readonly (readonly [string, AnyVariant])[] {
  return [
    ['Description', new Variant('s', description)],
    ['Type', new Variant('s', 'exec')],
    ['CollectMode', new Variant('s', 'inactive-or-failed')],
    ['ExecStart', new Variant('a(sasb)', [[command[0], command.map(literalWord), false]])],
    ...standard('Input', input),
    ...standard('Output', output),
    ...standard('Error', error),
    ...properties,
  ];
}

function standard(which: string, descriptor: number | undefined): [string, AnyVariant][] {
  if (descriptor !== undefined) return [[`Standard${which}FileDescriptor`, new Variant('h', descriptor)]];
  return [[`Standard${which}`, new Variant('s', 'null')]];
}
