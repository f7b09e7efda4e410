const ACTION = /[ \t]*<action id="([^"]+)">.*?<\/action>\n*/gs;

/**
 * A polkit policy file (polkit(8), "Declaring actions") with the actions of one that another lacks, or undefined when
 * it has them all. polkit refuses to everybody but root what it has never heard of, whatever its rules say: of the
 * actions of systemd-machined 262 that of 252 has but eight.
 */
export function missingActions(policy: string, other: string): string | undefined {
  const others = new Set([...other.matchAll(ACTION)].map(([, id]) => id));
  const lacking = policy.replace(ACTION, (action: string, id: string) => (others.has(id) ? '' : action));
  return lacking.search(ACTION) === -1 ? undefined : lacking;
}
