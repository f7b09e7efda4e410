import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

/** Seconds: not those of the unit, so that it does not take as long. */
const WATCHDOG = 2;
const registered = 'varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine';

describe.skipIf(unavailable !== undefined)('the watchdog of systemd', { timeout: 25_000 }, () => {
  let lab: Lab;
  const shell = (text: string): Promise<string> => lab.shell(text);
  const pid = async () => (await shell('systemctl show -P MainPID mymachines')).trim();

  const restarts = async () => Number(await shell('systemctl show -P NRestarts mymachines'));

  /** Seconds until there is another process in the place of this one, and it is ready. */
  const replaced = async (old: string): Promise<number> => {
    const started = performance.now();
    await shell(`for n in $(seq 600); do
        if [ $(systemctl show -P MainPID mymachines) != ${old} ] && systemctl is-active -q mymachines; then exit; fi
        sleep .05
      done; exit 1`);
    return (performance.now() - started) / 1000;
  };

  /** Has strace(1) do something to system calls of the daemon's main thread, until what it gives is called. */
  async function inject(what: string): Promise<() => Promise<unknown>> {
    const status = `/proc/${await pid()}/status`;
    lab.spawn('strace', '-qq', '-o', '/dev/null', '-e', `inject=${what}`, '-p', await pid());
    await shell(`for n in $(seq 200); do grep -q '^TracerPid:.0$' ${status} || exit 0; sleep .05; done; exit 1`);
    const tracer = (await shell(`awk '/^TracerPid/ { print $2 }' ${status}`)).trim();
    return () => shell(`kill ${tracer} 2>/dev/null || true; while [ -e /proc/${tracer} ]; do sleep .02; done`);
  }

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    await shell(`node /project/dist/cli/main.js install
      systemctl daemon-reload
      systemctl mask --now systemd-machined.service systemd-machined.socket
      systemctl enable --now mymachines.socket mymachines.service`);
    expect(await shell('systemctl show -P WatchdogUSec mymachines')).toBe('10s\n');
    await shell(`mkdir -p /run/systemd/system/mymachines.service.d
      printf '[Service]\\nWatchdogSec=${WATCHDOG}s\\n' >/run/systemd/system/mymachines.service.d/quick.conf
      systemctl daemon-reload; systemctl restart mymachines
      systemd-run -q --unit=one unshare --user sleep infinity
      leader=$(systemctl show -P MainPID one)
      until [ "$(cat /proc/$leader/comm)" = sleep ]; do sleep .05; done
      for map in uid gid; do echo 0 1000000 65536 >/proc/$leader/\${map}_map; done
      ${registered}.Register "{\\"name\\":\\"one\\",\\"class\\":\\"container\\",\\"leader\\":$leader}"`);
    expect(await shell('getent passwd vu-one-33')).toMatch(/^vu-one-33:x:1000033:/);
  }, 60_000);
  afterAll(() => lab?.down());

  it('finds a daemon well whose sockets answer', async () => {
    const before = await pid();
    await shell(`sleep ${2.5 * WATCHDOG}`);
    expect(await pid()).toBe(before);
    expect(await restarts()).toBe(0);
  });

  it.each([
    ['recvmsg', 'netlink', 'ip link set lo mtu 65000'],
    [
      'pidfd_open',
      'timers or promises, after io.systemd.Machine.List',
      `${registered}.List '{"pid":{"pid":1}}' || true`,
    ],
    ['accept4', 'new connections', 'getent passwd vu-one-33'],
    ['recvfrom', 'connections', 'getent passwd vu-one-34'],
  ])('reads in the log when %s took too long that it was %s', async (call, by, what) => {
    // The first only where there are many, or our own lookups would take too long as well.
    const which = call === 'recvmsg' ? '' : ':when=1';
    const end = await inject(`${call}:delay_enter=120000${which}`);
    await shell(what);
    // What is told late is told when next there is something to do.
    await shell('getent passwd vu-one-35');
    await end();
    const lines = await shell('journalctl -o cat -u mymachines | grep "^held up" || true');
    const told = lines.split('\n').filter((text) => text.includes(`by=${by.includes(' ') ? `"${by}"` : by} `));
    const numbers = told.map((line) => /ms=(\d+) processor=(\d+)$/.exec(line)?.slice(1).map(Number) ?? []);
    // It slept meanwhile, and had no processor.
    expect(
      numbers.some(([milliseconds = 0, processor = 0]) => milliseconds >= 120 && processor < 120),
      lines,
    ).toBe(true);
  });

  it('has one that does nothing any more replaced, which keeps the machines', async () => {
    const old = await pid();
    const asked = shell('time -p getent passwd nobody-of-that-name || true');
    await shell(`kill -STOP ${old}`);
    expect(await replaced(old)).toBeGreaterThan(WATCHDOG / 2 - 1);
    await asked;
    expect(await shell('getent passwd vu-one-33')).toMatch(/^vu-one-33:x:1000033:/);
    expect(await shell(`${registered}.List '{"name":"one"}'`)).toContain('"one.service"');
    expect(await restarts()).toBe(1);
  });

  it('has one replaced that runs, but takes no connections', async () => {
    const old = await pid();
    // What it does is what it always does, only that accept4(2) takes nobody in.
    lab.write('/root/held.mjs', askAgainAndAgain);
    const held = lab.spawn('node', '/root/held.mjs');
    let answers = '';
    held.stdout.setEncoding('utf8').on('data', (text: string) => {
      answers += text;
    });
    await expect.poll(() => answers, { timeout: 10_000 }).toContain('answered');
    const strace = await inject('accept4:error=ENOMEM');
    answers = '';
    expect(await replaced(old)).toBeGreaterThan(WATCHDOG / 2 - 1);
    await strace();
    // A connection from before was answered to the end: its event loop ran.
    expect(answers.split('answered').length).toBeGreaterThan(2);
    await expect.poll(() => answers).toContain('over');
    expect(await shell('getent passwd vu-one-33')).toMatch(/^vu-one-33:x:1000033:/);
    expect(await shell('journalctl -o cat -u mymachines')).toMatch(
      /a lookup of our own is not answered socket=\S+ error="no answer within 1000 ms"/,
    );
    expect(await restarts()).toBe(2);
  });
});

/** A client that keeps its connection, and says each time that it was answered, five times a second. */
const askAgainAndAgain = `
  import { connect } from 'node:net';
  const socket = connect('/run/systemd/machine/io.systemd.Machine');
  const ask = () => socket.write('{"method":"org.varlink.service.GetInfo"}\\0');
  socket.on('data', () => console.log('answered'));
  socket.on('error', () => {}).on('close', () => { console.log('over'); process.exit(); });
  setInterval(ask, 200);
`;
