import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const mymachines = 'node /project/dist/cli/main.js';

/** A hypervisor whose guest asks once a second who has the host's address (RFC 826). */
const HYPERVISOR = `
import fcntl, struct, os, time
tap = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(tap, 0x400454ca, struct.pack('16sH22x', b'vt-db', 0x1002))
os.system('ip address add 10.88.0.1/24 dev vt-db; ip link set vt-db up')
guest = bytes([0x52, 0x54, 0, 1, 2, 3])
question = struct.pack('>HHBBH', 1, 0x800, 6, 4, 1) + guest + bytes([10, 88, 0, 7]) + bytes(6) + bytes([10, 88, 0, 1])
while True:
    os.write(tap, b'\\xff' * 6 + guest + b'\\x08\\x06' + question)
    time.sleep(1)
`;

describe.skipIf(unavailable !== undefined)('a VM on a TAP device of its hypervisor', { timeout: 60_000 }, () => {
  let lab: Lab;
  const until = async (command: string, expected: RegExp): Promise<void> => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { stdout, stderr } = await lab.run('bash', '-c', command);
      if (expected.test(stdout) || Date.now() > deadline) return expect(stdout || stderr).toMatch(expected);
    }
  };

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    lab.write('/tmp/hypervisor.py', HYPERVISOR);
    await lab.shell(`mkdir -p /dev/net; mknod /dev/net/tun c 10 200
      ${mymachines} install
      systemctl daemon-reload
      systemctl mask --now systemd-machined.service systemd-machined.socket
      systemctl enable --now mymachines.socket mymachines.service
      systemd-run -q -u hypervisor python3 /tmp/hypervisor.py
      varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine.Register "{
        \\"name\\": \\"db\\", \\"class\\": \\"vm\\", \\"leader\\": $(systemctl show -P MainPID hypervisor)}"`);
  }, 60_000);
  afterAll(() => lab?.down());

  it('is found by unmodified programs, asked of the service in its sandbox', async () => {
    await until('resolvectl query db', /^db: 10\.88\.0\.7$/m);
    await until('getent hosts db', /^10\.88\.0\.7 +db$/m);
    await until('machinectl status db --no-pager', /Address: 10\.88\.0\.7$/m);
    await until('resolvectl query 10.88.0.7', /^10\.88\.0\.7: db$/m);
    await until(`${mymachines} explain db`, /^10\.88\.0\.7\/32 +- +vt-db \(\d+\) +global neighbour +yes/m);
  });

  it('is there without the address when the entry fails', async () => {
    await lab.shell('systemctl kill -s STOP hypervisor; ip neighbour change 10.88.0.7 dev vt-db nud failed');
    await until(`${mymachines} explain db`, /nobody here knows its addresses/);
    expect((await lab.run('resolvectl', 'query', 'db')).status).not.toBe(0);
    await lab.shell('systemctl kill -s CONT hypervisor');
    await until('resolvectl query db', /^db: 10\.88\.0\.7$/m);
  });

  it('has logged nothing but what it should', async () => {
    expect(await lab.shell('journalctl -q -o cat -p warning -u mymachines')).toBe('');
  });
});
