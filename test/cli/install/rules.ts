/** `interface.member` of every call that a D-Bus policy file lets others than root make; `interface.*` for all of one. */
export function allowedCalls(busConfiguration: string): string[] {
  const rule =
    /<allow send_destination="org\.freedesktop\.machine1"\s+send_interface="([^"]+)"(?:\s+send_member="([^"]+)")?/g;
  return [...busConfiguration.matchAll(rule)].map(([, name, member]) => `${name}.${member ?? '*'}`).sort();
}

/** What a polkit policy file has for each action: any, inactive, active. */
export function polkitDefaults(policy: string): Record<string, readonly string[]> {
  const actions = policy.matchAll(/<action id="([^"]+)">(.*?)<\/action>/gs);
  return Object.fromEntries(
    [...actions].map(([, id, text = '']) => [
      id,
      ['any', 'inactive', 'active'].map((who) => new RegExp(`<allow_${who}>(\\w+)<`).exec(text)?.[1] ?? ''),
    ]),
  );
}
