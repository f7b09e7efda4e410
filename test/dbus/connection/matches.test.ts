import { beforeEach, describe, expect, it } from 'vitest';
import { formatMatchRule, type MatchRule, type Signal } from '../../../src/dbus/connection/match.ts';
import { type MatchBus, Matches } from '../../../src/dbus/connection/matches.ts';

const bus = 'org.freedesktop.DBus';
const name = 'org.example.Name';

describe('Matches', () => {
  let asked: string[];
  let answerOwner: (owner: string | undefined) => void;
  let refuse: boolean;
  let matches: Matches;
  let heard: string[];

  const recorder: MatchBus = {
    async addMatch(rule) {
      asked.push(`+ ${formatMatchRule(rule)}`);
      if (refuse) throw new Error('refused');
    },
    removeMatch: (rule) => void asked.push(`- ${formatMatchRule(rule)}`),
    ownerOf(of) {
      asked.push(`? ${of}`);
      return new Promise((resolve) => {
        answerOwner = resolve;
      });
    },
  };
  const signal = (sender: string, rest: Partial<Signal> = {}): void =>
    matches.deliver({ sender, path: '/', interface: 'a.b', member: 'M', signature: '', body: [], ...rest }, (error) => {
      throw error;
    });
  const ownerChanged = (owner: string, rest: Partial<Signal> = {}): void =>
    signal(bus, { interface: bus, member: 'NameOwnerChanged', signature: 'sss', body: [name, 'x', owner], ...rest });
  const listen = (rule: MatchRule, who = ''): Promise<() => void> =>
    matches.add(rule, ({ sender }) => heard.push(`${who}${sender}`));

  beforeEach(() => {
    asked = [];
    heard = [];
    refuse = false;
    matches = new Matches(recorder);
  });

  const owner = `type='signal',sender='${bus}',interface='${bus}',member='NameOwnerChanged',arg0='${name}'`;

  it('asks once who has a name, however many rules are about it, and forgets it with the last of them', async () => {
    const both = [listen({ sender: name }), listen({ sender: name, member: 'M' })];
    answerOwner(':1.5');
    const [first, second] = await Promise.all(both);
    expect(asked.sort()).toEqual(
      [
        `+ ${owner}`,
        `? ${name}`,
        `+ type='signal',sender='${name}'`,
        `+ type='signal',sender='${name}',member='M'`,
      ].sort(),
    );
    signal(':1.5');
    signal(':1.6');
    expect(heard).toEqual([':1.5', ':1.5']);
    asked = [];
    first?.();
    first?.();
    expect(asked).toEqual([`- type='signal',sender='${name}'`]);
    signal(':1.5');
    expect(heard).toHaveLength(3);
    second?.();
    await Promise.resolve();
    expect(new Set(asked.slice(1))).toEqual(new Set([`- ${owner}`, `- type='signal',sender='${name}',member='M'`]));
    signal(':1.5');
    expect(heard).toHaveLength(3);
    expect(matches.wants({ sender: ':1.5', path: '/', interface: 'a.b', member: 'M', signature: '' })).toBe(false);
  });

  it('believes a change that was told before the answer, which is older', async () => {
    const added = listen({ sender: name });
    ownerChanged(':1.8');
    answerOwner(':1.5');
    await added;
    signal(':1.5');
    signal(':1.8');
    expect(heard).toEqual([':1.8']);
  });

  it('follows a name from owner to owner, and hears nobody while it has none', async () => {
    const added = listen({ sender: name });
    answerOwner(undefined);
    await added;
    signal(':1.5');
    ownerChanged(':1.5');
    signal(':1.5');
    ownerChanged('');
    signal(':1.5');
    // What is no news about it, or from somebody else.
    ownerChanged(':1.6', { sender: ':1.6' });
    ownerChanged(':1.6', { signature: 's' });
    ownerChanged(':1.6', { body: ['org.example.Other', '', ':1.6'] });
    signal(':1.6');
    expect(heard).toEqual([':1.5']);
  });

  it('needs no owner for a unique name, the bus, or nobody in particular', async () => {
    await listen({ sender: ':1.5' }, 'unique ');
    await listen({ sender: bus }, 'bus ');
    await listen({}, 'any ');
    for (const sender of [':1.5', ':1.6', bus]) signal(sender);
    expect(heard).toEqual(['unique :1.5', 'any :1.5', 'any :1.6', `bus ${bus}`, `any ${bus}`]);
    expect(asked.some((each) => each.startsWith('?'))).toBe(false);
  });

  it('does not listen where the bus refuses', async () => {
    refuse = true;
    const added = listen({ sender: name });
    answerOwner(':1.5');
    await expect(added).rejects.toThrow('refused');
    signal(':1.5');
    expect(heard).toEqual([]);
    refuse = false;
    const again = listen({ sender: name });
    answerOwner(':1.5');
    await again;
    signal(':1.5');
    expect(heard).toEqual([':1.5']);
  });
});
