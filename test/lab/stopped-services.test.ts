import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

/** Milliseconds for which each service is in trouble. */
const TROUBLE = 1000 * Number(process.env['TROUBLE_SECONDS'] ?? 2);
/** Milliseconds: services are waited for five times as long, and twenty-five on the bus. */
const WAIT = 1500;

interface Lookups {
  /** By door: how many were answered, and the middle and the longest time in milliseconds. */
  readonly [door: string]: { readonly count: number; readonly middle: number; readonly longest: number };
}

/** What is done to the main process of a unit, or to what is behind it. */
const troubles = {
  stopped: {
    begin: (unit: string) => `kill -STOP $(${pidOf(unit)})`,
    end: (unit: string) => `kill -CONT $(${pidOf(unit)})`,
  },
  killed: { begin: (unit: string) => `kill -KILL $(${pidOf(unit)})`, end: () => ':' },
  slowed: {
    // It runs for a hundredth of the time.
    begin: (unit: string) => `p=$(${pidOf(unit)})
      (while kill -STOP $p 2>/dev/null; do sleep .1; kill -CONT $p; sleep .001; done) >/dev/null 2>&1 & echo $! >/run/slowed`,
    end: (unit: string) => `kill $(cat /run/slowed); kill -CONT $(${pidOf(unit)})`,
  },
};

function pidOf(unit: string): string {
  return `systemctl show -P MainPID ${unit}`;
}

describe.skipIf(unavailable !== undefined)('lookups while another service is in trouble', { timeout: 40_000 }, () => {
  let lab: Lab;
  const shell = (text: string): Promise<string> => lab.shell(text);

  /** Asks at all doors for a time, each over connections of its own, and waits for the last answers. */
  async function lookUp(milliseconds: number, mirrored: boolean): Promise<Lookups> {
    const service = mirrored ? 'io.github.mymachines' : 'io.systemd.Machine';
    const { status, stdout, stderr } = await lab.run('node', '/root/look-up.mjs', service, `${milliseconds}`);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  async function expectAnswers(milliseconds: number, mirrored: boolean, what: string): Promise<void> {
    const lookups = await lookUp(milliseconds, mirrored);
    const text = Object.entries(lookups).map(
      ([door, { count, middle, longest }]) => `${door} ${count}: ${middle}, ${longest}`,
    );
    console.info(`${what}: lookups, their middle and longest time in ms: ${text.join('; ')}`);
    expect(Object.keys(lookups)).toEqual(['userdb', 'machine', 'hook', 'dns']);
    for (const [door, { count, longest }] of Object.entries(lookups)) {
      expect(count, door).toBeGreaterThan(3);
      expect(longest, door).toBeLessThan(WAIT);
    }
  }

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    lab.write('/root/look-up.mjs', lookUpProgram);
    await shell(`useradd alice
      node /project/dist/cli/main.js install
      systemctl daemon-reload`);
    await serveDns('');
    await shell(startLeader);
  }, 60_000);
  afterAll(() => lab?.down());

  /** What `mymachines dns-setup service` says, at a port of its own. */
  const serveDns = (options: string): Promise<string> =>
    shell(`mkdir -p /run/systemd/system/mymachines.service.d
      printf '[Service]\\nRestrictAddressFamilies=AF_INET\\nIPAddressAllow=localhost\\nExecStart=\\nExecStart=%s\\n' \\
        '/usr/local/bin/node /project/dist/cli/main.js serve ${options} --dns 127.0.0.57:5300' \\
        >/run/systemd/system/mymachines.service.d/dns.conf
      systemctl daemon-reload`);

  const leader = `leader=$(systemctl show -P MainPID one)`;
  const startLeader = `systemd-run -q --unit=one unshare --user --net sleep infinity
    ${leader}
    until [ "$(cat /proc/$leader/comm)" = sleep ]; do sleep .05; done
    for map in uid gid; do echo 0 1000000 65536 >/proc/$leader/\${map}_map; done
    ip link add ve-one type veth peer name host0 netns $leader; ip link set ve-one up
    nsenter -t $leader -n ip address add 10.1.1.2/24 dev host0; nsenter -t $leader -n ip link set host0 up`;
  const register = (name: string) =>
    `varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine.Register \\
      "{\\"name\\":\\"${name}\\",\\"class\\":\\"container\\",\\"leader\\":$leader}" >/dev/null`;

  describe('in the place of systemd-machined', () => {
    beforeAll(async () => {
      await shell(`systemctl mask --now systemd-machined.service systemd-machined.socket
        systemctl enable --now mymachines.socket mymachines.service
        ${leader}
        ${register('one')}
        systemctl start polkit
        getent hosts one; resolvectl query one`);
    }, 40_000);

    // What makes the daemon need each of them while it is in trouble.
    const need = {
      'systemd-resolved': 'for n in $(seq 20); do nsenter -t $leader -n ip address add 10.1.2.$n/24 dev host0; done',
      dbus: 'for n in $(seq 20); do nsenter -t $leader -n ip address add 10.1.3.$n/24 dev host0; done',
      polkit: `for n in $(seq 8); do
          setpriv --reuid alice --clear-groups timeout 20 varlinkctl call /run/systemd/machine/io.systemd.Machine \\
            io.systemd.Machine.Terminate '{"name":"one"}' >/dev/null 2>&1 & done`,
    };
    for (const [unit, use] of Object.entries(need)) {
      it.each(Object.entries(troubles))(`go on while ${unit} is %s`, async (kind, { begin, end }) => {
        await shell(`systemctl start ${unit}`);
        await shell(begin(unit));
        try {
          await shell(`${leader}; (${use}) >/dev/null 2>&1`);
          await expectAnswers(TROUBLE, false, `${unit} ${kind}`);
        } finally {
          await shell(`${end(unit)} || true; nsenter -t $(systemctl show -P MainPID one) -n ip address flush dev host0
            nsenter -t $(systemctl show -P MainPID one) -n ip address add 10.1.1.2/24 dev host0`);
        }
      });
    }

    it('has not been restarted for it', async () => {
      expect(await shell('systemctl show -P NRestarts mymachines')).toBe('0\n');
    });
  });

  describe('beside systemd-machined', () => {
    beforeAll(async () => {
      await shell(`systemctl disable --now mymachines.service mymachines.socket mymachines-userdb.socket
        node /project/dist/cli/main.js uninstall
        systemctl unmask systemd-machined.service systemd-machined.socket; systemctl daemon-reload
        systemctl start systemd-machined.socket systemd-machined.service
        ${leader}
        # It may have it from the state files.
        machinectl status one >/dev/null || { ${register('one')}; }
        node /project/dist/cli/main.js install --beside`);
      await serveDns('--source=machine1');
      await shell(`systemctl enable --now mymachines
        for n in $(seq 100); do node /project/dist/cli/main.js list 2>/dev/null | grep -q one && exit; sleep .1; done; exit 1`);
    }, 40_000);

    it.each(Object.entries(troubles))('go on while systemd-machined is %s', async (kind, { begin, end }) => {
      const unit = 'systemd-machined';
      await shell(`systemctl start ${unit}; ${begin(unit)}`);
      try {
        await shell(
          `${leader}; for n in $(seq 20); do nsenter -t $leader -n ip address add 10.1.4.$n/24 dev host0; done || true`,
        );
        await expectAnswers(TROUBLE, true, `${unit} ${kind}`);
      } finally {
        await shell(`${end(unit)} || true; nsenter -t $(systemctl show -P MainPID one) -n ip address flush dev host0
          nsenter -t $(systemctl show -P MainPID one) -n ip address add 10.1.1.2/24 dev host0`);
      }
    });
  });
});

/** Asks for the machine one at every door, again and again, one after the other at each. Prints how long it took. */
const lookUpProgram = `
  import { Resolver } from 'node:dns/promises';
  import { connect } from 'node:net';
  const [service, milliseconds] = process.argv.slice(2);
  const call = (directory, method, parameters) => () =>
    new Promise((resolve, reject) => {
      const socket = connect('/run/systemd/' + directory + '/' + service);
      let text = '';
      socket.setEncoding('utf8').on('error', reject).on('close', () => reject(new Error(method + ' was not answered')));
      socket.on('data', (chunk) => {
        text += chunk;
        if (!text.endsWith('\\0')) return;
        socket.destroy();
        resolve(text);
      });
      socket.write(JSON.stringify({ method, parameters }) + '\\0');
    });
  const resolver = new Resolver({ timeout: 20000, tries: 1 });
  resolver.setServers(['127.0.0.57:5300']);
  // What systemd-machined gives is left to it for as long as it is there.
  const user = service === 'io.systemd.Machine' ? '"vu-one-33"' : /"vu-one-33"|NoRecordFound/;
  const question = [{ key: { class: 1, type: 1, name: 'one' } }];
  const doors = {
    userdb: [call('userdb', 'io.systemd.UserDatabase.GetUserRecord', { uid: 1000033, service }), user],
    machine: [call('machine', 'io.systemd.Machine.List', { name: 'one', acquireMetadata: 'graceful' }), '"name":"one"'],
    hook: [call('resolve.hook', 'io.systemd.Resolve.Hook.ResolveRecord', { question }), '"rcode":0'],
    dns: [async () => (await resolver.resolve4('one.machine.internal')).join(), '10.1.'],
  };
  const end = performance.now() + Number(milliseconds);
  const times = await Promise.all(
    Object.entries(doors).map(async ([door, [ask, right]]) => {
      const all = [];
      while (performance.now() < end) {
        const start = performance.now();
        const answer = await ask();
        if (!(typeof right === 'string' ? answer.includes(right) : right.test(answer))) throw new Error(door + ' answered ' + answer);
        all.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      all.sort((one, other) => one - other);
      const round = (time) => Math.round(time * 10) / 10;
      return [door, { count: all.length, middle: round(all[all.length >> 1]), longest: round(all.at(-1)) }];
    }),
  );
  console.log(JSON.stringify(Object.fromEntries(times)));
  process.exit();
`;
