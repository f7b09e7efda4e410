/**
 * False for a link-local address (RFC 4291 2.5.6): without the interface it leads nowhere, so that the hook leaves it
 * out, and systemd-resolved has it from elsewhere.
 */
export function leadsAnywhere(address: string): boolean {
  return !/^fe[89ab][0-9a-f]:/i.test(address);
}
