import type { Level } from '../../src/host/check-line.ts';
import { busKinds } from '../../src/host/lines/bus-lines.ts';
import { dnsKinds } from '../../src/host/lines/dns-lines.ts';
import { limitKinds } from '../../src/host/lines/limit-lines.ts';
import { registryKinds } from '../../src/host/lines/registry-lines.ts';
import { resolvedKinds } from '../../src/host/lines/resolved-lines.ts';
import { socketKinds } from '../../src/host/lines/socket-lines.ts';

/** All lines of what lives on a host, with their levels. */
export const allKinds = {
  ...registryKinds,
  ...socketKinds,
  ...busKinds,
  ...limitKinds,
  ...resolvedKinds,
  ...dnsKinds,
} satisfies Readonly<Record<string, Level>>;

export type Kind = keyof typeof allKinds;

/** Which of the tests in the lab shows which of them. */
export const toldInTheLab = {
  without: [
    'registry_machined_only',
    'registry_absent',
    'registry_trouble',
    'registry_other',
    'registry_unread',
    'registry_apart',
    'bus_machined',
    'bus_asleep',
    'limits_far',
    'descriptors_near',
    'userdb_stuck',
    'resolved_untried',
    'dns_untried',
  ],
  instead: [
    'registry_instead',
    'machined_startable',
    'sockets_answer',
    'socket_trouble',
    'socket_other',
    'socket_closed',
    'bus_own',
    'resolved_sees',
    'resolved_absent',
    'resolved_trouble',
    'resolved_hooks_off',
    'resolved_unseen',
    'resolved_differs',
    'hook_absent',
    'hook_left',
    'hook_trouble',
    'hook_closed',
    'dns_answers',
    'dns_unknown',
    'dns_elsewhere',
    'dns_nobody',
  ],
  bus: ['bus_other', 'bus_other_starts', 'bus_free', 'bus_absent'],
  old: ['resolved_old'],
  beside: ['registry_beside', 'hook_machined'],
} as const satisfies Readonly<Record<string, readonly Kind[]>>;
