import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type KeeperName, log, replace } from '../../conformance/keeper.ts';
import { Lab, labUnavailable } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';

// The real systemd-resolved asks whoever keeps the registry, and then the network, where a server of the test's own
// takes note of what it is asked. The same questions with systemd-machined as keeper show what differs.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`systemd-resolved asks nobody: no lab: ${unavailable}`);

const many = Array.from({ length: 21 }, (_, index) => `10.2.0.${100 + index}`);

/** Starts containers and a VM, and registers them. */
const machines = `
start() {
  local name=$1 class=$2; shift 2
  systemd-run -q -u m-$name unshare --net sleep infinity
  until p=$(systemctl show -P MainPID m-$name); [ "$(cat /proc/$p/comm)" = sleep ]; do sleep .02; done
  ip link add v$p type veth peer name host0 netns $p; ip link set v$p addrgenmode none up
  nsenter -t $p -n ip link set host0 addrgenmode none up
  for address; do nsenter -t $p -n ip address add $address dev host0 $([[ $address != *:* ]] || echo nodad); done
  varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine.Register \\
    "{\\"name\\":\\"$name\\",\\"class\\":\\"$class\\",\\"leader\\":$p}"
}
start one container 10.1.0.2/24
start many container 10.2.0.2/24 ${many.map((address) => `${address}/24`).join(' ')} fd00:dead:beef:cafe::2/64
start none container
start Camel container 10.3.0.2/24
start ai container 10.4.0.2/24
start guest vm`;

/** A name server for everything that is not in the lab: it knows www.ai, and writes what it is asked to /run/asked. */
const nameServer = `
const { appendFileSync } = require('node:fs');
const { decode, encode } = require('/project/node_modules/dns-packet');
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (message, { address, port }) => {
  const { id, questions } = decode(message);
  const [{ name, type }] = questions;
  appendFileSync('/run/asked', type + ' ' + name + '\\n');
  const known = name === 'www.ai';
  const answers = known && type === 'A' ? [{ type, name, ttl: 1, data: '203.0.113.80' }] : [];
  socket.send(encode({ type: 'response', id, flags: 384 + (known ? 0 : 3), questions, answers }), port, address);
});
socket.bind(53, '192.0.2.1');`;

/** What a question for a name is answered with: the first line, and the number of lines with addresses. */
interface Expected {
  readonly asks: string;
  readonly answer: Readonly<Record<KeeperName, string | RegExp>>;
}
const both = (answer: string | RegExp) => ({ 'systemd-machined': answer, mymachines: answer });

// What systemd-resolved says depends on whether it may ask the network for such a name.
const unknown = /not found|No appropriate name servers/;

const questions: readonly Expected[] = [
  { asks: 'resolvectl query one', answer: both('one: 10.1.0.2') },
  { asks: 'resolvectl query many | grep -c "10\\.2\\.0\\."', answer: both('22') },
  { asks: 'resolvectl query -6 many', answer: both('many: fd00:dead:beef:cafe::2') },
  { asks: 'resolvectl query none', answer: both(/does not have any RR of the requested type/) },
  { asks: 'resolvectl query -6 one', answer: both(/does not have any RR of the requested type/) },
  { asks: 'resolvectl query -t MX one', answer: both(/does not have any RR of the requested type/) },
  { asks: 'resolvectl query nope', answer: both(unknown) },
  { asks: 'resolvectl query Camel', answer: both('Camel: 10.3.0.2') },
  { asks: 'resolvectl query ONE', answer: { 'systemd-machined': unknown, mymachines: /^ONE: 10\.1\.0\.2/ } },
  { asks: 'resolvectl query camel', answer: { 'systemd-machined': unknown, mymachines: /^camel: 10\.3\.0\.2/ } },
  { asks: 'resolvectl query 10.1.0.2', answer: { 'systemd-machined': unknown, mymachines: '10.1.0.2: one' } },
  {
    asks: 'resolvectl query fd00:dead:beef:cafe::2',
    answer: { 'systemd-machined': unknown, mymachines: 'fd00:dead:beef:cafe::2: many' },
  },
  { asks: 'resolvectl query 10.1.0.99', answer: both(unknown) },
  { asks: 'resolvectl query www.ai', answer: { 'systemd-machined': unknown, mymachines: 'www.ai: 203.0.113.80' } },
  { asks: 'resolvectl query www.nope', answer: both(unknown) },
  { asks: 'resolvectl query ai', answer: both('ai: 10.4.0.2') },
  {
    asks: 'resolvectl query guest',
    answer: { 'systemd-machined': unknown, mymachines: /does not have any RR of the requested type/ },
  },
  { asks: 'getent -s resolve ahostsv4 one | head -n 1', answer: both(/^10\.1\.0\.2 +STREAM one$/) },
  { asks: 'getent -s resolve ahostsv4 many | grep -c STREAM', answer: both('22') },
  {
    asks: 'getent -s resolve hosts 10.3.0.2 || echo none',
    answer: { 'systemd-machined': 'none', mymachines: /^10\.3\.0\.2 +Camel$/ },
  },
  { asks: 'dig +short one @127.0.0.53', answer: both('10.1.0.2') },
  { asks: 'dig +short -x 10.1.0.2 @127.0.0.53', answer: { 'systemd-machined': '', mymachines: 'one.' } },
];

describe.skipIf(unavailable !== undefined)('systemd-resolved', { timeout: 60_000 }, () => {
  let lab: Lab;
  const say = async (command: string): Promise<string> =>
    (await lab.shell(`{ ${command}; } 2>&1 || true`)).split(/ +-- link|\n-- Information/)[0]?.trim() ?? '';
  /** Asks again while the answer is another: systemd-resolved looks for hooks when it is asked. */
  const eventually = (command: string, answer: string | RegExp) =>
    vi.waitFor(async () => expect(await say(command)).toMatch(answer), { timeout: 10_000, interval: 50 });

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    lab.write('/run/name-server.cjs', nameServer);
    await lab.shell(`
      systemctl start systemd-machined.service systemd-machined.socket
      ip link add net0 type veth peer name net1; ip link set net0 up; ip link set net1 up
      ip address add 192.0.2.1/24 dev net0
      systemd-run -q -u name-server node /run/name-server.cjs
      resolvectl dns net0 192.0.2.1; resolvectl domain net0 '~.'; resolvectl llmnr net0 no; resolvectl mdns net0 no
      until resolvectl query www.ai >/dev/null; do sleep .05; done
      ${machines}`);
  }, 120_000);
  afterAll(() => lab?.down(), 60_000);

  describe.each<KeeperName>(['systemd-machined', 'mymachines'])('with %s', (keeper) => {
    beforeAll(async () => {
      if (keeper === 'mymachines') await replace(lab, 'systemd-machined', 'mymachines');
      await lab.shell('journalctl -q -n 0 --cursor-file=/run/cursor');
      await eventually('resolvectl query one', '10.1.0.2');
    });

    test.each(questions)('$asks', async ({ asks, answer }) => {
      const expected = answer[keeper];
      const said = await say(asks);
      if (typeof expected === 'string') expect(said).toBe(expected);
      else expect(said).toMatch(expected);
    });

    test('asks the network for names below a machine’s, or does not', async () => {
      await lab.shell('resolvectl flush-caches; rm -f /run/asked');
      await say('resolvectl query -4 www.ai');
      await say('resolvectl query -4 ai');
      expect(await say('cat /run/asked')).toBe(
        { 'systemd-machined': 'cat: /run/asked: No such file or directory', mymachines: 'A www.ai' }[keeper],
      );
    });
  });

  test('follows addresses, and machines that come and go', async () => {
    const inside = (command: string) => lab.shell(`nsenter -t $(systemctl show -P MainPID m-one) -n ${command}`);
    await inside('ip address add 10.1.0.3/24 dev host0');
    await eventually('resolvectl query one', '10.1.0.3');
    expect(await say('resolvectl query 10.1.0.3')).toBe('10.1.0.3: one');
    await inside('ip address del 10.1.0.3/24 dev host0');
    await eventually('resolvectl query 10.1.0.3', unknown);
    await lab.shell(`${machines.slice(0, machines.indexOf('start one'))} start late container 10.5.0.2/24`);
    await eventually('resolvectl query late', 'late: 10.5.0.2');
    await lab.shell('systemctl stop m-late');
    await eventually('resolvectl query late', unknown);
  });

  test('does without the hook while there is none, and finds it again', async () => {
    const start = `systemd-run -q -u mymachines --service-type=notify --collect node /project/dist/cli/main.js serve`;
    for (const end of ['systemctl stop mymachines', 'systemctl kill -s KILL --kill-whom=all mymachines']) {
      await lab.shell(`${end}; while systemctl is-active -q mymachines; do sleep .02; done; systemctl reset-failed`);
      const began = Date.now();
      expect(await say('resolvectl query one')).toMatch(unknown);
      expect(await say('resolvectl query www.ai')).toBe('www.ai: 203.0.113.80');
      expect(Date.now() - began).toBeLessThan(10_000);
      await lab.shell(start);
      await eventually('resolvectl query one', 'one: 10.1.0.2');
      expect(await say('resolvectl query 10.1.0.2')).toBe('10.1.0.2: one');
    }
  });

  test('finds no fault with the hook', async () => {
    expect(await log(lab, 'mymachines', 'err')).toBe('');
    const told = await lab.shell('journalctl -o cat -q -u systemd-resolved --cursor-file=/run/cursor');
    expect(told.split('\n').filter((line) => /hook|varlink/i.test(line))).toEqual([]);
  });
});
