import {
  BUS_PROGRAMS,
  CONTAINER_PROGRAMS,
  DHCP_PROGRAMS,
  DNS_PROGRAMS,
  FILE_SYSTEM_PROGRAMS,
  requirePrograms,
  TRACE_PROGRAMS,
} from './programs.ts';

/**
 * Before any test: the programs with which containers are made, the bus, DHCP, DNS,
 * and what looks into processes. Where they cannot be had, the tests that need them say so
 * and are skipped; with CI in the environment that is a failure.
 */
export function setup(): void {
  if (process.getuid?.() !== 0) return;
  try {
    const programs = {
      ...CONTAINER_PROGRAMS,
      ...BUS_PROGRAMS,
      ...DHCP_PROGRAMS,
      ...DNS_PROGRAMS,
      ...FILE_SYSTEM_PROGRAMS,
      ...TRACE_PROGRAMS,
    };
    requirePrograms(programs, (text) => console.log(text));
  } catch (error) {
    if (process.env['CI']) throw error;
    console.warn((error as Error).message);
  }
}
