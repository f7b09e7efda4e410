import type { Process } from '../../linux/process.ts';

/**
 * The supplementary groups that all processes of a machine have for good, as the host's numbers, where its user namespace
 * forbids to change them: one that a user has made without privileges has to (user_namespaces(7)). Undefined elsewhere.
 */
export function unchangeableGroups(leader: Process): readonly number[] | undefined {
  if (leader.readFile('setgroups').trim() !== 'deny') return undefined;
  const [, numbers = ''] = /^Groups:(.*)$/m.exec(leader.readFile('status')) ?? [];
  return numbers.split(' ').filter(Boolean).map(Number);
}
