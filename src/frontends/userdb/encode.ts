import type { NamedId } from '../../resolver/named-id.ts';

/** A record as JSON. */
export type EncodedRecord = Record<string, unknown>;

/**
 * A user record (https://systemd.io/USER_RECORD), its fields in the order of systemd 262's.
 * @param service the name of the socket that gives it
 */
export function userRecord({ name, id, description }: NamedId, service: string): EncodedRecord {
  return {
    userName: name,
    uid: id,
    // The group `nobody`: the user's own groups are in the container, not on the host.
    gid: 65534,
    realName: description,
    homeDirectory: '/',
    shell: '/usr/sbin/nologin',
    locked: true,
    service,
    disposition: 'container',
  };
}

/** A group record (https://systemd.io/GROUP_RECORD), its fields in the order of systemd 262's. */
export function groupRecord({ name, id, description }: NamedId, service: string): EncodedRecord {
  return { groupName: name, gid: id, description, service, disposition: 'container' };
}
