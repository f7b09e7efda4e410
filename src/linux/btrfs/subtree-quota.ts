import {
  isRescanning,
  levelOf,
  parentsOf,
  type QuotaAccount,
  quotaAccount,
  quotaGroup,
  subvolumeOf,
} from './quota-group.ts';

/**
 * The group of a subvolume and what is below it: that of its own number of the highest level of those that it is in,
 * else its own (level 0). As systemd 262 chooses it, and makes it. Throws a SystemError.
 */
export function subtreeGroup(directory: number, subvolume: bigint): bigint {
  const group = quotaGroup(0, subvolume);
  const own = parentsOf(directory, group).filter((parent) => subvolumeOf(parent) === subvolume);
  return own.sort((a, b) => levelOf(b) - levelOf(a))[0] ?? group;
}

/**
 * The account that is kept of that group; undefined where none is kept, or one is only being made. Throws a
 * SystemError: EPERM without CAP_SYS_ADMIN.
 */
export function subtreeAccount(directory: number, subvolume: bigint): QuotaAccount | undefined {
  if (isRescanning(directory)) return undefined;
  return quotaAccount(directory, subtreeGroup(directory, subvolume));
}
