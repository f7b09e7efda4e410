import type { Door } from './door.ts';
import { containerFiles } from './doors/container-files.ts';
import { dbusCalls, rootDbusCalls } from './doors/dbus-calls.ts';
import { dbusMessages } from './doors/dbus-messages.ts';
import { dnsTcp, dnsUdp } from './doors/dns.ts';
import { dnsUpstream } from './doors/dns-upstream.ts';
import { leaseFiles } from './doors/lease-files.ts';
import { nameServices } from './doors/name-services.ts';
import { idMaps, procNet } from './doors/proc-files.ts';
import { stateFiles } from './doors/state-files.ts';
import { varlinkFraming } from './doors/varlink-framing.ts';
import { rootVarlinkMethods, varlinkMethods } from './doors/varlink-methods.ts';

/** All doors that are tried. */
export const doors: readonly Door[] = [
  varlinkMethods,
  rootVarlinkMethods,
  varlinkFraming,
  dbusCalls,
  rootDbusCalls,
  dbusMessages,
  dnsUdp,
  dnsTcp,
  dnsUpstream,
  stateFiles,
  containerFiles,
  leaseFiles,
  idMaps,
  procNet,
  nameServices,
];
