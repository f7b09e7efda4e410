import { type AnyVariant, Variant } from '../../dbus/values.ts';
import type { ShellRequest } from '../../machine/inside-operations.ts';
import { type ShellCommand, shellCommand } from '../../machine/shell-command.ts';
import { literalWord } from './literal-word.ts';

/**
 * The properties of the unit that a shell runs in, those of systemd-machined 262, seen on a container's bus: it is on
 * the terminal, in a session of PAM's service `login` and in utmp(5), in the user's home directory where there is one,
 * and is ended by a hangup.
 * @param terminal its number
 * @param peer a descriptor of the terminal's other side
 */
export function shellProperties(
  terminal: number,
  peer: number,
  request: ShellRequest,
): readonly (readonly [string, AnyVariant])[] {
  const { user = 'root', environment } = request;
  const { program, args } = command(request);
  return [
    ['Description', new Variant('s', `Shell for User ${user}`)],
    ['StandardInputFileDescriptor', new Variant('h', peer)],
    ['StandardOutputFileDescriptor', new Variant('h', peer)],
    ['StandardErrorFileDescriptor', new Variant('h', peer)],
    ['SendSIGHUP', new Variant('b', true)],
    ['IgnoreSIGPIPE', new Variant('b', false)],
    ['KillMode', new Variant('s', 'mixed')],
    ['TTYPath', new Variant('s', `/dev/pts/${terminal}`)],
    ['TTYReset', new Variant('b', true)],
    ['UtmpIdentifier', new Variant('s', `pts/${terminal}`)],
    ['UtmpMode', new Variant('s', 'user')],
    ['PAMName', new Variant('s', 'login')],
    ['WorkingDirectory', new Variant('s', '-~')],
    ['User', new Variant('s', user)],
    ...(environment.length > 0 ? [['Environment', new Variant('as', environment)] as const] : []),
    // How it ends is for whoever has the terminal: a unit is not to fail because of the last command of a shell.
    ['ExecStart', new Variant('a(sasb)', [[program, args, true]])],
  ];
}

/** What was asked for is given as it is, and systemd puts variables in it, as with systemd-machined 262. */
function command(request: ShellRequest): ShellCommand {
  const { program, args } = shellCommand(request);
  return { program, args: request.path === undefined ? args.map(literalWord) : args };
}
