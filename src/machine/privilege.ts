import type { Machine } from './machine.ts';

/** Something that a caller may or may not do. */
export type Operation =
  | 'list'
  | 'map-ids'
  /** Addresses, OS release, UID shift and the like, all at once. */
  | 'inspect-machine'
  | 'register-machine'
  /** Register, with a scope unit made for it. */
  | 'create-machine'
  | 'unregister-machine'
  | 'terminate-machine'
  | 'kill-machine'
  | 'open-terminal'
  | 'open-login'
  | 'open-shell'
  | 'open-host-terminal'
  | 'open-host-login'
  | 'open-host-shell'
  | 'bind-mount'
  | 'copy-files'
  | 'open-root-directory'
  | 'inspect-image'
  | 'manage-image'
  /** Change the running daemon, or look into its environment. */
  | 'control-daemon';

/** Who may do something in the system's registry, other than root. */
export type Privilege =
  | 'everyone'
  | 'nobody'
  | {
      /** The polkit action that others need, below `org.freedesktop.machine1.`. */
      readonly action: string;
      /** Whether the user who registered the machine needs nothing more. */
      readonly owner: boolean;
      /** What polkit asks of a user in an active session; of all others, an administrator's password each time. */
      readonly activeSession: 'administrator' | 'nothing';
      /** By which polkit's rules tell it from other operations of the same action. */
      readonly verb?: string;
    };

/** What a caller is allowed: it, not it, or it if polkit agrees to this action. */
export type Decision = 'allow' | 'deny' | { readonly polkit: string };

/**
 * What each operation needs: the one table that every transport asks, because two transports with checks of their own
 * drift apart (CVE-2026-40224). As systemd 262 did it for callers of all kinds, and its polkit policy file has it.
 */
export const privileges: Readonly<Record<Operation, Privilege>> = {
  list: 'everyone',
  'map-ids': 'everyone',
  'inspect-machine': needs('inspect-machines', { owner: false }),
  'register-machine': needs('register-machine', { owner: false, activeSession: 'nothing' }),
  'create-machine': needs('create-machine', { owner: false }),
  'unregister-machine': needs('manage-machines', { owner: true, verb: 'unregister' }),
  'terminate-machine': needs('manage-machines', { owner: true, verb: 'terminate' }),
  'kill-machine': needs('manage-machines', { owner: true, verb: 'kill' }),
  'open-terminal': needs('open-pty', { owner: true }),
  'open-login': needs('login', { owner: true, verb: 'login' }),
  'open-shell': needs('shell', { owner: true, verb: 'shell' }),
  'open-host-terminal': needs('host-open-pty', { owner: false }),
  'open-host-login': needs('host-login', { owner: false, activeSession: 'nothing', verb: 'login' }),
  'open-host-shell': needs('host-shell', { owner: false, verb: 'shell' }),
  'bind-mount': needs('manage-machines', { owner: false, verb: 'bind' }),
  'copy-files': needs('manage-machines', { owner: false, verb: 'copy' }),
  'open-root-directory': needs('manage-machines', { owner: false, verb: 'open_root_directory' }),
  'inspect-image': needs('inspect-images', { owner: false }),
  'manage-image': needs('manage-images', { owner: false }),
  'control-daemon': 'nobody',
};

/**
 * Whether a caller may do something. Root may. In a user's own daemon (`daemonUid` not 0) that user may do everything
 * and others nothing. Else the table decides, and where it names a polkit action, polkit.
 * @param machineOwner the uid of who registered the machine that it is done to, if it is done to one
 */
export function decide(
  operation: Operation,
  callerUid: number,
  daemonUid: number,
  machineOwner: number | undefined,
): Decision {
  if (callerUid === 0) return 'allow';
  if (daemonUid !== 0) return callerUid === daemonUid ? 'allow' : 'deny';
  const privilege = privileges[operation];
  if (privilege === 'everyone') return 'allow';
  if (privilege === 'nobody') return 'deny';
  if (privilege.owner && callerUid === machineOwner) return 'allow';
  return { polkit: `org.freedesktop.machine1.${privilege.action}` };
}

/** What polkit's rules find as `verb` among the details of a question (systemd 262). */
export function verbOf(operation: Operation): string | undefined {
  const privilege = privileges[operation];
  return typeof privilege === 'object' ? privilege.verb : undefined;
}

/** What opening a terminal of a machine is called; those of the host itself have privileges of their own. */
export function terminalOperation(mode: 'tty' | 'login' | 'shell', { class: machineClass }: Machine): Operation {
  const kind = mode === 'tty' ? 'terminal' : mode;
  return machineClass === 'host' ? `open-host-${kind}` : `open-${kind}`;
}

function needs(action: string, grants: Grants): Privilege {
  return { action, activeSession: 'administrator', ...grants };
}

type Grants = Partial<Exclude<Privilege, string>> & { readonly owner: boolean };
