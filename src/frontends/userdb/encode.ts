import type { NamedId } from '../../resolver/named-id.ts';

/** The value of every record's and every question's `service`: the name of the socket. */
export const serviceName = 'io.systemd.Machine';

/** A user record (https://systemd.io/USER_RECORD), its fields in the order of systemd 262's. */
export function userRecord({ name, id, description }: NamedId): Record<string, unknown> {
  return {
    userName: name,
    uid: id,
    // The group `nobody`: the user's own groups are in the container, not on the host.
    gid: 65534,
    realName: description,
    homeDirectory: '/',
    shell: '/usr/sbin/nologin',
    locked: true,
    service: serviceName,
    disposition: 'container',
  };
}

/** A group record (https://systemd.io/GROUP_RECORD), its fields in the order of systemd 262's. */
export function groupRecord({ name, id, description }: NamedId): Record<string, unknown> {
  return { groupName: name, gid: id, description, service: serviceName, disposition: 'container' };
}
