import { needsInterface } from '../../machine/address-text.ts';
import { type HostLine, lineMaker } from '../check-line.ts';
import type { KnownMachine, Place } from '../host-facts.ts';
import type { ResolvedFacts } from '../resolved.ts';
import type { SocketFact } from '../socket-state.ts';
import { isMachined, isOurs, productText, troubleText } from '../who.ts';

/** What can be said of systemd-resolved and the hooks that it asks. */
export const resolvedKinds = {
  resolved_sees: 'ok',
  resolved_untried: 'ok',
  resolved_absent: 'warn',
  resolved_old: 'warn',
  resolved_trouble: 'fail',
  resolved_hooks_off: 'fail',
  resolved_unseen: 'fail',
  resolved_differs: 'warn',
  hook_absent: 'fail',
  hook_left: 'warn',
  hook_trouble: 'fail',
  hook_closed: 'fail',
  hook_machined: 'warn',
} as const;

const line = lineMaker('systemd-resolved', resolvedKinds);

/** The first with hooks (io.systemd.Resolve.Hook). */
const HOOKS = 259;

const OTHERWISE = "'mymachines' in hosts: of nsswitch.conf, or 'mymachines serve --dns'";

/** Whether systemd-resolved finds machines, and whether something among its hooks is in the way. */
export function resolvedLines(
  facts: ResolvedFacts,
  hooks: readonly SocketFact[],
  machines: readonly KnownMachine[],
  place: Place | undefined,
): HostLine[] {
  const { socket, hooksOff } = facts;
  if (socket.state.kind === 'absent' || socket.state.kind === 'dead') {
    return [line('resolved_absent', 'it does not run, so that nobody is asked through it', OTHERWISE)];
  }
  if (socket.state.kind !== 'live') {
    const mend = 'systemctl restart systemd-resolved.service';
    return [line('resolved_trouble', `${socket.path}: ${troubleText(socket)}`, mend), ...hookLines(hooks, place)];
  }
  const version = Number.parseInt(socket.state.version, 10);
  // An old one does not even say how old it is.
  if (!(version >= HOOKS)) {
    const who = Number.isNaN(version) ? 'systemd-resolved' : productText(socket.state);
    return [line('resolved_old', `${who} asks no hooks, which came with ${HOOKS}`, OTHERWISE)];
  }
  if (hooksOff) {
    const mend = 'take that out of its environment, and restart it';
    return [line('resolved_hooks_off', '$SYSTEMD_RESOLVED_HOOK says that it asks no hooks', mend)];
  }
  return [...hookLines(hooks, place), lookupLine(facts, machines)];
}

function lookupLine({ socket, lookup }: ResolvedFacts, machines: readonly KnownMachine[]): HostLine {
  const who = socket.state.kind === 'live' ? productText(socket.state) : 'it';
  if (lookup === undefined) {
    return line('resolved_untried', `${who} asks hooks; there is no machine with an address to ask it for`);
  }
  const { name } = lookup;
  const right = (machines.find((machine) => machine.name === name)?.addresses ?? []).filter(leadsAnywhere);
  if (lookup.kind === 'failed') {
    const text = `${who} does not find ${name}, which is ${right.join(', ')}: ${lookup.reason}`;
    return line('resolved_unseen', text, 'restart systemd-resolved.service, and look into its journal');
  }
  const told = lookup.addresses.join(', ');
  if (sameSet(lookup.addresses.filter(leadsAnywhere), right))
    return line('resolved_sees', `${who} finds ${name} at ${told}`);
  const text = `${who} finds ${name} at ${told}, and mymachines has it at ${right.join(', ')}`;
  return line('resolved_differs', text, `'resolvectl query ${name}' tells where it has that from`);
}

/** Through a hook there is no interface with an address: one that needs it is left out there, and has come from elsewhere. */
function leadsAnywhere(address: string): boolean {
  return !needsInterface(address);
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}

/** Each hook is asked for each name of the host that it does not say it knows nothing of, and waited for. */
function hookLines(hooks: readonly SocketFact[], place: Place | undefined): HostLine[] {
  const lines = hooks.flatMap((hook): HostLine[] => {
    const { path, state, everybody } = hook;
    // It has gone meanwhile.
    if (state.kind === 'absent') return [];
    if (state.kind === 'dead') return [line('hook_left', `${path}: ${troubleText(hook)}`, `rm ${path}`)];
    const trouble = troubleText(hook);
    if (trouble !== undefined) {
      return [line('hook_trouble', `${path}: ${trouble}, and is waited for with each name`, 'end who listens there')];
    }
    if (!everybody) {
      const text = `${path}: systemd-resolved may not connect, and then finds no name at all`;
      return [line('hook_closed', text, `chmod 666 ${path}; chmod 755 for the directories above`)];
    }
    return place !== undefined && isMachined(hook) ? [secondHook(path)] : [];
  });
  if (place === undefined || place === 'apart' || hooks.some(isOurs)) return lines;
  return [...lines, line('hook_absent', 'mymachines has no hook among those that it asks', 'restart mymachines')];
}

function secondHook(path: string): HostLine {
  const text =
    `${path}: systemd-machined answers, too, and that counts where mymachines has no address: names below a ` +
    'machine’s, as www.web, do not exist, and link-local addresses are given';
  return line('hook_machined', text, NO_SECOND);
}

/**
 * systemd-machined opens that socket itself and has no option for it (systemd 262); systemd-resolved forgets a hook
 * whose socket is gone.
 */
const NO_SECOND =
  "'systemctl edit systemd-machined.service', write there [Service] and in the next line " +
  'ExecStartPost=-rm -f /run/systemd/resolve.hook/io.systemd.Machine, and restart it';
