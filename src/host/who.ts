import type { SocketFact, SocketState } from './socket-state.ts';

/** Whether mymachines answers there. */
export function isOurs({ state }: SocketFact): boolean {
  return state.kind === 'live' && state.product === 'mymachines';
}

/** Whether systemd-machined answers there: it says `systemd (systemd-machined)`. */
export function isMachined({ state }: SocketFact): boolean {
  return state.kind === 'live' && /\bsystemd-machined\b/.test(state.product);
}

/** Who answers, for people: `systemd-machined 262`. */
export function productText({ product, version }: Extract<SocketState, { kind: 'live' }>): string {
  const [, inner] = /\(([^)]+)\)/.exec(product) ?? [];
  const number = /^\d+(\.\d+)*/.exec(version)?.[0] ?? '';
  return `${inner ?? (product || 'something that does not say what it is')} ${number}`.trim();
}

/** What is the matter with a socket that nobody answers at. Undefined for one where somebody does. */
export function troubleText({ state, owner }: SocketFact): string | undefined {
  switch (state.kind) {
    case 'absent':
      return 'there is no such socket';
    case 'other':
      return 'it is no socket';
    case 'dead':
      return 'nobody listens there any more';
    case 'refused':
      return `it cannot be connected to (${state.code})`;
    case 'silent':
      return `${owner ?? 'whoever listens'} does not answer (${state.reason})`;
    case 'broken':
      return `${owner ?? 'whoever listens'} does not speak Varlink (${state.reason})`;
    case 'unasked':
    case 'live':
      return undefined;
  }
}
