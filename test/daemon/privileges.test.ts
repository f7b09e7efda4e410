import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decide, type Operation, privileges } from '../../src/machine/privilege.ts';
import { type Lab, labUnavailable } from '../support/lab.ts';
import { callEach } from '../support/lab-calls.ts';
import { type Asking, ask } from './privileges/asker.ts';
import { cases, type Transport } from './privileges/cases.ts';
import { errors } from './privileges/errors.ts';
import { type Keeper, keepBy, startLab, startLeader } from './privileges/keepers.ts';
import { makeImages, otherWays, usualWays, type Way } from './privileges/other-ways.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, nobody is refused anything: ${unavailable}`);

/** To show that the tests are right, or to see whom they compare with. */
const subject = (process.env['PRIVILEGES_SUBJECT'] ?? 'mymachines') as Keeper;

const operations = Object.keys(privileges) as Operation[];
const questions = operations.flatMap((operation) =>
  (['D-Bus', 'Varlink'] as const)
    .filter((transport) => !('none' in cases[operation][transport === 'D-Bus' ? 'dbus' : 'varlink']))
    .map((transport): [Operation, Transport] => [operation, transport]),
);

it('every operation of the table is asked for that anybody can ask for', () => {
  expect(Object.keys(cases).sort()).toEqual([...operations].sort());
  const asked = questions.map(([operation]) => operation);
  expect(operations.filter((operation) => !asked.includes(operation))).toEqual([]);
});

describe.skipIf(unavailable !== undefined)(`who may do what, as ${subject} has it`, { timeout: 60_000 }, () => {
  let lab: Lab;
  const leaders = { roots: 0, hers: 0, spare: 0 };
  /** What systemd-machined answered to the user who owns nothing. */
  const reference = new Map<string, string>();
  /** The same in every other way, and to root. */
  const referenceOfOthers = new Map<number, readonly string[]>();

  /** The machines `roots` of root and `hers` of user 1000, and a process `spare` of hers that leads none. */
  async function prepare(): Promise<void> {
    for (const [unit, uid] of [
      ['roots', 0],
      ['hers', 1000],
      ['spare', 1000],
    ] as const) {
      leaders[unit] = await startLeader(lab, unit, uid);
      if (unit === 'spare') continue;
      const asking = { uid, transport: 'Varlink', name: unit, leader: leaders[unit] } as const;
      if ((await ask(lab, cases.list, asking)) === 'allowed') continue;
      expect(await ask(lab, cases['register-machine'], asking)).toBe('allowed');
    }
  }

  const askAbout = (operation: Operation, asking: Omit<Asking, 'leader'>): Promise<string> =>
    ask(lab, cases[operation], { ...asking, leader: leaders.spare });

  /** About a machine of root's; one that is to be is of a name that polkit has no rule for. */
  const askAsStranger = (operation: Operation, transport: Transport, uid: number, interactive = false) =>
    askAbout(operation, { uid, transport, interactive, name: cases[operation].adds === true ? 'theirs' : 'roots' });

  /** A machine that was to end takes a moment to do so; then everything is put back. */
  async function settle(operation: Operation, name: string): Promise<void> {
    if (cases[operation].adds !== true && cases[operation].destroys !== true) return;
    await vi.waitFor(
      async () => expect(await askAbout('list', { uid: 0, transport: 'Varlink', name })).toMatch(/NoSuchMachine/),
      { timeout: 5000, interval: 100 },
    );
    await prepare();
  }

  /** Asks in all ways of a list about a machine, and about images that are new. */
  async function askEach(uid: number, name: string, list: typeof otherWays, asks: (way: Way) => boolean = () => true) {
    const ways = list({ name, leader: leaders.spare }).filter(asks);
    await lab.shell(makeImages);
    const questions = ways.map(({ question }) => question);
    const answers = await callEach(lab, uid, questions);
    return ways.map((way, index) => ({ ...way, answer: answers[index] as string }));
  }

  beforeAll(async () => {
    lab = await startLab();
    await keepBy(lab, 'systemd-machined');
    await prepare();
    referenceOfOthers.set(1000, answersOf(await askEach(1000, 'roots', otherWays)));
    referenceOfOthers.set(0, answersOf(await askEach(0, 'roots', otherWays, keeps)));
    for (const [operation, transport] of questions) {
      reference.set(`${operation} ${transport}`, await askAsStranger(operation, transport, 1000));
    }
    if (subject === 'systemd-machined') return;
    await keepBy(lab, subject);
    await prepare();
  }, 120_000);
  afterAll(() => lab?.down());

  describe.each(questions)('%s over %s', (operation, transport) => {
    const question = cases[operation];
    const { denied, challenged } = errors[transport === 'D-Bus' ? 'dbus' : 'varlink'];
    const decision = decide(operation, 1000, 0, 0);
    // A password changes nothing where polkit is not asked, and some of these methods do not take the offer.
    const offers = typeof decision === 'object' ? [false, true] : [false];

    it.each(offers)('of a user who has no privilege (interactive: %j)', async (interactive) => {
      const expected = decision === 'allow' ? 'allowed' : decision === 'deny' ? denied : challenged;
      const answer = await askAsStranger(operation, transport, 1000, interactive);
      expect(answer).toBe(expected);
      expect(answer).toBe(reference.get(`${operation} ${transport}`));
    });

    it('of a user whom polkit refuses', async () => {
      expect(await askAsStranger(operation, transport, 1001)).toBe(decision === 'allow' ? 'allowed' : denied);
    });

    it('of root, and of a user whom polkit allows everything', async () => {
      for (const uid of [0, 1002]) {
        // A user may not have another's process as a leader, whatever polkit says.
        const others = uid !== 0 && question.adds === true;
        const expected = (uid !== 0 && decision === 'deny') || others ? denied : 'allowed';
        const answer = await askAsStranger(operation, transport, uid);
        expect(answer, `user ${uid}`).toBe(expected);
        if (question.adds === true && answer === 'allowed') {
          expect(await askAbout('terminate-machine', { uid: 0, transport, name: 'theirs' })).toBe('allowed');
        }
        if (answer !== 'allowed') continue;
        await settle(operation, question.adds === true ? 'theirs' : 'roots');
      }
    });

    if (question.host === true) return;

    it('of the owner', async () => {
      const owner = decide(operation, 1000, 0, 1000);
      const name = question.adds === true ? 'hers-too' : 'hers';
      const answer = await askAbout(operation, { uid: 1000, transport, name });
      const may = question.adds === true || owner === 'allow';
      if (question.needsOwnUsers === true) {
        // systemd-machined opens some of them over D-Bus: docs/differences.md, foreign-terminal.
        if (subject === 'mymachines') expect(answer).toBe(denied);
        return;
      }
      expect(answer).toBe(may ? 'allowed' : challenged);
      if (question.adds === true) {
        expect(await askAbout('terminate-machine', { uid: 1000, transport, name })).toBe('allowed');
      }
      if (answer === 'allowed') await settle(operation, name);
    });
  });

  describe('every other way to ask', () => {
    const refusals = Object.values(errors).flatMap((both) => Object.values(both) as string[]);

    /** @param polkit what it says to this user, if anything */
    function check(
      way: Way & { answer: string },
      uid: number,
      owner: number,
      polkit: keyof typeof errors.dbus | 'yes',
    ) {
      const decision = decide(way.operation, uid, 0, owner);
      const what = `${way.operation} by ${JSON.stringify(way.question)}`;
      const error = decision === 'deny' ? 'denied' : polkit;
      if (decision === 'allow' || error === 'yes') expect(refusals, what).not.toContain(way.answer);
      else expect(way.answer, what).toBe(errors['dbus' in way.question ? 'dbus' : 'varlink'][error]);
    }

    it('of a user who has no privilege', async () => {
      const asked = await askEach(1000, 'roots', otherWays);
      for (const way of asked) check(way, 1000, 0, 'challenged');
      expect(answersOf(asked)).toEqual(referenceOfOthers.get(1000));
    });

    it('of a user whom polkit refuses', async () => {
      for (const way of await askEach(1001, 'roots', otherWays)) check(way, 1001, 0, 'denied');
    });

    it('of root, and of a user whom polkit allows everything', async () => {
      const asked = await askEach(0, 'roots', otherWays, keeps);
      for (const way of asked) check(way, 0, 0, 'yes');
      expect(answersOf(asked)).toEqual(referenceOfOthers.get(0));
      for (const way of await askEach(1002, 'roots', otherWays, keeps)) check(way, 1002, 0, 'yes');
    });

    it('of the owner', async () => {
      for (const way of await askEach(1000, 'hers', otherWays, keeps)) {
        if (cases[way.operation].needsOwnUsers === true) expect(refusals).toContain(way.answer);
        else check(way, 1000, 1000, 'challenged');
      }
    });

    it('without polkit, and the usual ones, too', async () => {
      if (subject === 'systemd-machined') return;
      await lab.shell('systemctl mask --now -q polkit');
      for (const list of [usualWays, otherWays]) {
        for (const way of await askEach(1002, 'roots', list)) check(way, 1002, 0, 'denied');
        for (const way of await askEach(1000, 'hers', list, keeps)) {
          if (cases[way.operation].needsOwnUsers === true) expect(refusals).toContain(way.answer);
          else check(way, 1000, 1000, 'denied');
        }
      }
      // A shell takes long, and root has been given them above.
      const short = (way: Way) => keeps(way) && !way.operation.startsWith('open-');
      for (const way of await askEach(0, 'roots', usualWays, short)) check(way, 0, 0, 'denied');
      await lab.shell('systemctl unmask -q polkit');
    });
  });
});

/** Not of those who may: machines are to stay as they are. */
const keeps = ({ changes }: Way): boolean => !changes;

/** Those that are to be the same with systemd-machined. */
const answersOf = (asked: readonly { readonly answer: string; readonly difference?: string }[]): string[] =>
  asked.filter(({ difference }) => difference === undefined).map(({ answer }) => answer);
