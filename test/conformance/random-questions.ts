import { type CallFlags, machine, message, number, type Question } from './question.ts';
import { scenario } from './scenario.ts';

/** Numbers from 0 up to 1, the same for the same seed (mulberry32, public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Questions put together by chance, good and bad, that leave every machine as it is. */
export function randomQuestions(count: number, seed: number): Question[] {
  const random = randomNumbers(seed);
  const dice = new Dice(random);
  return Array.from({ length: count }, (_, index): Question => {
    const made = dice.pick([userQuestion, groupQuestion, listQuestion, mapFrom, mapTo, registration])(dice);
    return { id: `random ${seed}.${index}: ${made.send[0]}`, kind: 'call', ...made };
  });
}

type Made = Pick<Extract<Question, { kind: 'call' }>, 'socket' | 'send' | 'leaves'>;

class Dice {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** Some of the fields, in any order; each value is made when it is chosen. */
  object(fields: Readonly<Record<string, () => unknown>>, share: number): Record<string, unknown> {
    const chosen = Object.keys(fields).filter(() => this.chance(share));
    const order = chosen.map((key) => [this.#random(), key] as const).sort(([a], [b]) => a - b);
    return Object.fromEntries(order.map(([, key]) => [key, fields[key]?.()]));
  }
}

const machineNames = [...scenario.map(({ name }) => name), '.host', 'nope', 'C1', 'c_1', ''];

/** What no field takes, or only some. */
function odd(dice: Dice): unknown {
  return dice.pick([
    null,
    true,
    false,
    '',
    'x',
    -1,
    0,
    1,
    1.5,
    2 ** 31,
    2 ** 32,
    [],
    {},
    [null],
    { a: 1 },
    '0',
    '65536',
  ]);
}

function hostId(dice: Dice): unknown {
  if (dice.chance(0.1)) return odd(dice);
  const bases = [0, 65530, 100000, 150000, 160000, 200000, 300000, 400000, 700000, 800000, 900000, 1000000000];
  return dice.chance(0.3)
    ? number(`c1.base+${dice.below(65535)}`)
    : dice.pick(bases) + dice.below(dice.pick([3, 20, 2001, 65535]));
}

function innerId(dice: Dice): unknown {
  if (dice.chance(0.1)) return odd(dice);
  return dice.chance(0.5) ? dice.below(20) : dice.pick([1000, 65534, 65536, 70003, 4294967294]);
}

function personName(dice: Dice, prefix: string): unknown {
  if (dice.chance(0.1)) return odd(dice);
  // Machines whose users are the host's are left out: there the answers differ (docs/differences.md).
  const names = machineNames.filter((name) => !['plain', 'sub', 'inside', 'low'].includes(name));
  return `${dice.chance(0.9) ? prefix : 'vx-'}${dice.pick(names)}-${String(innerId(dice))}`;
}

function flags(dice: Dice): CallFlags {
  return dice.chance(0.2) ? { more: dice.chance(0.8) } : {};
}

const service = (dice: Dice) => (dice.chance(0.95) ? 'io.systemd.Machine' : odd(dice));

function userQuestion(dice: Dice): Made {
  const fields = { uid: () => hostId(dice), userName: () => personName(dice, 'vu-'), foo: () => odd(dice) };
  const parameters = { ...dice.object(fields, 0.4), service: service(dice) };
  return { socket: 'userdb', send: [message('io.systemd.UserDatabase.GetUserRecord', parameters, flags(dice))] };
}

function groupQuestion(dice: Dice): Made {
  const fields = { gid: () => hostId(dice), groupName: () => personName(dice, 'vg-'), foo: () => odd(dice) };
  const parameters = { ...dice.object(fields, 0.4), service: service(dice) };
  return { socket: 'userdb', send: [message('io.systemd.UserDatabase.GetGroupRecord', parameters, flags(dice))] };
}

function processId(dice: Dice): unknown {
  if (dice.chance(0.2)) return odd(dice);
  const pid = () =>
    dice.chance(0.2) ? odd(dice) : number(dice.pick(['c1.leader.pid', 'plain.leader.pid', 'root.pid', 'spare.pid']));
  const fields = {
    pidfdId: () => (dice.chance(0.3) ? odd(dice) : number('spare.pidfdId')),
    bootId: () => dice.pick(['«boot-id»', '0'.repeat(31), '1'.repeat(32), null]),
  };
  return { pid: pid(), ...dice.object(fields, 0.3) };
}

function name(dice: Dice): unknown {
  return dice.chance(0.1) ? odd(dice) : dice.pick(machineNames);
}

function listQuestion(dice: Dice): Made {
  const fields = {
    name: () => name(dice),
    pid: () => processId(dice),
    acquireMetadata: () => dice.pick(['no', 'yes', 'graceful', 'x', null]),
    allowInteractiveAuthentication: () => dice.pick([true, false, null, 1]),
    foo: () => odd(dice),
  };
  // Without a name or a process the list is of all, in an order that is the service's own.
  const parameters = dice.object(fields, 0.3);
  const one = 'name' in parameters || parameters['pid'] != null;
  return {
    socket: 'machine',
    send: [machine('List', one ? parameters : { ...parameters, name: name(dice) }, flags(dice))],
  };
}

function mapFrom(dice: Dice): Made {
  const fields = { uid: () => innerId(dice), gid: () => innerId(dice), pid: () => processId(dice) };
  return { socket: 'machine', send: [machine('MapFrom', { name: name(dice), ...dice.object(fields, 0.5) })] };
}

function mapTo(dice: Dice): Made {
  return {
    socket: 'machine',
    send: [machine('MapTo', dice.object({ uid: () => hostId(dice), gid: () => hostId(dice) }, 0.7))],
  };
}

function registration(dice: Dice): Made {
  const path = () => dice.pick(['/', '/a', '/a/', '/a//b', 'a', '', '/a/..', null, 5, '/é']);
  const fields = {
    id: () => dice.pick(['1'.repeat(32), 'F'.repeat(32), 'x', null, '']),
    service: () => dice.pick(['svc', '', 'a b', null, 5]),
    class: () => dice.pick(['container', 'vm', 'vm', 'host', 'x']),
    leaderProcessId: () => processId(dice),
    rootDirectory: path,
    ifIndices: () => dice.pick([[1], [], [0], [2, 1], null, ['1'], [null]]),
    vSockCid: () => dice.pick([3, 2, 42, 4294967295, '3', null]),
    sshAddress: () => dice.pick(['a', '', 'a\nb', null]),
    sshPrivateKeyPath: path,
    controlAddress: path,
    supervisor: () => odd(dice),
    allocateUnit: () => dice.pick([false, null, 1]),
    foo: () => odd(dice),
  };
  const who = dice.chance(0.9) ? { leader: number('spare.pid') } : {};
  const chosen = {
    name: dice.pick(['t1', 't1', 't1', 't.1', 't_1', '']),
    class: 'container',
    ...who,
    ...dice.object(fields, 0.12),
  };
  const send = [
    machine('Register', chosen),
    machine('List', { name: chosen.name }),
    machine('Unregister', { name: chosen.name }),
  ];
  return { socket: 'machine', send, leaves: chosen.name };
}
