import { BUS_PROGRAMS, CONTAINER_PROGRAMS, DHCP_PROGRAMS, DNS_PROGRAMS, requirePrograms } from './programs.ts';

/**
 * Before any test: the programs with which containers are made, the bus, DHCP and
 * DNS. Where they cannot be had, the tests that need them say so
 * and are skipped; with CI in the environment that is a failure.
 */
export function setup(): void {
  if (process.getuid?.() !== 0) return;
  try {
    requirePrograms({ ...CONTAINER_PROGRAMS, ...BUS_PROGRAMS, ...DHCP_PROGRAMS, ...DNS_PROGRAMS }, (text) =>
      console.log(text),
    );
  } catch (error) {
    if (process.env['CI']) throw error;
    console.warn((error as Error).message);
  }
}
