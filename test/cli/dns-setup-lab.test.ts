import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

// The installed service with the lines of `mymachines dns-setup service`, and a real systemd-resolved with those of
// `mymachines dns-setup resolved`.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`systemd-resolved is not set up: no lab: ${unavailable}`);

const mymachines = 'node /project/dist/cli/main.js';
const setup = '--dns=127.0.0.57:53 --domain=lab.example';

describe.skipIf(unavailable !== undefined)('the lines of dns-setup', { timeout: 60_000 }, () => {
  let lab: Lab;
  const query = async (what: string) => {
    const { stdout, stderr } = await lab.run('resolvectl', 'query', '--cache=no', ...what.split(' '));
    return (stdout || stderr).split('\n', 1)[0];
  };

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    await lab.shell(`
systemctl mask --now systemd-machined.service systemd-machined.socket
${mymachines} install >/dev/null
mkdir -p /etc/systemd/system/mymachines.service.d
${mymachines} dns-setup service ${setup} > /etc/systemd/system/mymachines.service.d/dns.conf
systemctl daemon-reload
systemctl start mymachines.service
systemd-run -q -u box unshare --net sleep infinity
until p=$(systemctl show -P MainPID box); [ "$(cat /proc/$p/comm)" = sleep ]; do sleep .02; done
ip link add v0 type veth peer name host0 netns $p
# Without a network systemd-resolved asks nobody.
ip address add 10.88.0.1/24 dev v0
ip link set v0 up
nsenter -t $p -n ip link set host0 up
nsenter -t $p -n ip address add 10.88.0.2/24 dev host0
${mymachines} register web --leader=$p`);
  }, 120_000);

  afterAll(() => lab?.down());

  it('let the service answer, over UDP and TCP', async () => {
    expect(await lab.shell('dig @127.0.0.57 +short web.lab.example')).toBe('10.88.0.2\n');
    expect(await lab.shell('dig @127.0.0.57 +short +tcp web.lab.example')).toBe('10.88.0.2\n');
  });

  it.each([
    [
      'a delegate',
      `mkdir -p /etc/systemd/dns-delegate.d
${mymachines} dns-setup resolved ${setup} > /etc/systemd/dns-delegate.d/mymachines.dns-delegate
systemctl reload systemd-resolved`,
    ],
    [
      'a server of its own, as before systemd 258',
      `rm -f /etc/systemd/dns-delegate.d/mymachines.dns-delegate
mkdir -p /etc/systemd/resolved.conf.d
${mymachines} dns-setup resolved ${setup} | sed -n '/resolved.conf.d/,$s/^#\\([[DD]\\)/\\1/p' > /etc/systemd/resolved.conf.d/mymachines.conf
systemctl restart systemd-resolved`,
    ],
  ])('let systemd-resolved ask it for the domain: %s', async (_how, script) => {
    expect(await query('web.lab.example')).not.toContain('10.88.0.2');
    await lab.shell(script);
    await expect.poll(() => query('web.lab.example'), { timeout: 5000 }).toBe('web.lab.example: 10.88.0.2');
    expect(await query('nobody.lab.example')).toContain("Name 'nobody.lab.example' not found");
    expect(await query('--type=AAAA web.lab.example')).toContain('does not have any RR of the requested type');
    expect(await lab.shell('dig @127.0.0.53 +noall +answer web.lab.example')).toMatch(/0\s+IN\s+A\s+10\.88\.0\.2/);
    await lab.shell('rm -f /etc/systemd/dns-delegate.d/*; systemctl restart systemd-resolved');
  });
});
