import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRoot } from '../conformance/machines.ts';
import { Lab, labUnavailable, type Suite } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

// Users and groups of containers with systemd-machined and mymachines both running, as libnss_systemd and userdbctl
// find them.

// Debian's suites with systemd 262 and 252.
const suites = ['forky', 'bookworm'] as const;
const unavailable = new Map<Suite, string>();
for (const suite of suites) {
  const reason = await labUnavailable(suite);
  if (reason === undefined) continue;
  unavailable.set(suite, reason);
  console.warn(`skipped, no lab of ${suite}: ${reason}`);
}

const long = `${'long-name-'.repeat(5)}of-sixty-c`;
const mymachines = 'node /project/dist/cli/main.js';
const sockets = { 'io.systemd.Machine': 'systemd-machined', 'io.github.mymachines': 'mymachines' };
/** Accounts that each container has, and one that it has not. */
const users = [0, 33, 1000];
const groups = [0, 33, 100];
const unnamed = 4711;

/** Runs a command again and again until it succeeds, for ten seconds, and gives what it prints. For bash. */
const await_ =
  'await() { local n; for n in $(seq 200); do if "$@" 2>/dev/null; then return; fi; sleep .05; done; "$@"; }';

for (const suite of suites) {
  describe.skipIf(unavailable.has(suite))(`users beside the systemd-machined of ${suite}`, { timeout: 60_000 }, () =>
    givesEachUserOnce(suite),
  );
}

function givesEachUserOnce(suite: Suite): void {
  let lab: Lab;
  /** Where the users of each machine begin on the host. */
  const bases = new Map<string, number>();
  const shell = (text: string): Promise<string> => lab.shell(`${await_}\n${text}`);
  const serve = (...options: string[]): Promise<string> =>
    shell(`systemctl stop -q mymachines.service 2>/dev/null || true
      systemd-run -q --collect -u mymachines --service-type=notify ${mymachines} serve \\
        --source=machine1 --source=embedded ${options.join(' ')}
      ${mymachines} list --json=short | grep -q '"own"' ||
        ${mymachines} register own --leader=$(systemctl show -P MainPID own) >/dev/null
      has_all() { [ "$(${mymachines} list --json=short | grep -o '"class":"container"' | wc -l)" = 4 ]; }
      await has_all`);
  /** Who has a record for each key, and its name and number there. */
  const givenBy = async (keys: readonly object[]): Promise<string[]> => {
    const calls = keys.flatMap((key) => {
      const method = `io.systemd.UserDatabase.Get${'uid' in key || 'userName' in key ? 'User' : 'Group'}Record`;
      return Object.keys(sockets).map((service) => ({ service, method, parameters: { ...key, service } }));
    });
    const { status, stdout, stderr } = await lab.run('node', '/root/ask.mjs', JSON.stringify(calls));
    if (status !== 0) throw new Error(stderr);
    const answers = (JSON.parse(stdout) as Answer[]).map(recordOf);
    return keys.map((_, index) =>
      answers
        .slice(2 * index, 2 * index + 2)
        .flatMap((answer) => answer ?? [])
        .join(),
    );
  };
  /** Names and numbers in the first and third columns of what getent prints, sorted. */
  const listed = async (database: 'passwd' | 'group'): Promise<string[]> => {
    const lines = (await shell(`getent ${database} | grep ^v[ug]- || true`)).trim().split('\n').filter(Boolean);
    return lines.map((line) => line.replace(/^([^:]*):[^:]*:([^:]*):.*$/, '$1 $2')).sort();
  };
  /** What `listed` has to give. */
  const expected = (prefix: string, ids: readonly number[]): string[] =>
    [...labels].flatMap(([name, label]) => ids.map((id) => `${prefix}${label}-${id} ${base(name) + id}`)).sort();
  const base = (name: string): number => bases.get(name) as number;

  /** What stands for each machine in names. The hashes by coreutils: printf NAME | sha256sum | xxd -r -p | base32 */
  const labels = new Map([
    ['web', 'web'],
    ['web.example', 'webexa_ao56qkvers'],
    [long, 'long-n_7372ynfjdi'],
    ['own', 'own'],
  ]);
  const who = (name: string): string => (name === 'web' ? 'systemd-machined' : 'mymachines');

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }], suite);
    lab.write('/root/ask.mjs', askProgram);
    for (const name of ['web', 'web.example', long]) {
      await makeRoot(lab, { name, class: 'container', by: 'nspawn', osRelease: ['ID=tiny'] });
      const root = `/var/lib/machines/${name}/etc`;
      lab.write(`${root}/passwd`, users.map((id) => `u${id}:x:${id}:${id}::/:/bin/sh\n`).join(''));
      lab.write(`${root}/group`, groups.map((id) => `g${id}:x:${id}:\n`).join(''));
      await shell(`systemd-run -q --collect -u nspawn-${name} systemd-nspawn -q -D /var/lib/machines/${name} -M ${name} \\
          --as-pid2 --network-veth --private-users=pick --private-users-ownership=auto sleep infinity
        await grep -q ^NAME=${name}$ /run/systemd/machines/${name}`);
      const leader = await shell(`sed -n s/^LEADER=//p /run/systemd/machines/${name}`);
      bases.set(name, Number((await shell(`cat /proc/${leader.trim()}/uid_map`)).trim().split(/\s+/)[1]));
    }
    // One that systemd-machined does not know.
    lab.write('/root/passwd', users.map((id) => `u${id}:x:${id}:${id}::/:/bin/sh\n`).join(''));
    lab.write('/root/group', groups.map((id) => `g${id}:x:${id}:\n`).join(''));
    const files = 'for f in passwd group; do mount --bind /root/$f /etc/$f; done';
    await shell(`systemd-run -q --collect -u own unshare --mount bash -c '${files}; exec unshare --user sleep infinity'
      until [ "$(cat /proc/$(systemctl show -P MainPID own)/comm)" = sleep ]; do sleep .02; done
      for map in uid_map gid_map; do echo 0 3000000000 65536 >/proc/$(systemctl show -P MainPID own)/$map; done`);
    bases.set('own', 3_000_000_000);
    await serve();
  }, 60_000);
  afterAll(() => lab?.down());

  it('are given by one of the two, by number and by name', async () => {
    for (const [name, label] of labels) {
      const keys = [0, 33, unnamed, 65534].flatMap((id) => {
        const [uid, userName, groupName] = [base(name) + id, `vu-${label}-${id}`, `vg-${label}-${id}`];
        const [user, group] = [`${who(name)}: ${userName} ${uid}`, `${who(name)}: ${groupName} ${uid}`];
        return [
          [{ uid }, user],
          [{ userName }, user],
          [{ uid, userName }, user],
          [{ gid: uid }, group],
          [{ groupName }, group],
        ] as const;
      });
      expect(await givenBy(keys.map(([key]) => key))).toEqual(keys.map(([, given]) => given));
    }
  });

  it('are the same for unmodified programs, both ways', async () => {
    for (const [name, label] of labels) {
      const [user, group, uid] = [`vu-${label}-33`, `vg-${label}-33`, base(name) + 33];
      const passwd = `${user}:x:${uid}:65534:UID 33 of Container ${name}:/:/usr/sbin/nologin\n`;
      for (const key of [user, uid]) expect(await shell(`getent passwd ${key}`)).toBe(passwd);
      for (const key of [group, uid]) expect(await shell(`getent group ${key}`)).toBe(`${group}:x:${uid}:\n`);
      expect(await shell(`id -u ${user}; id -un ${uid}`)).toBe(`${uid}\n${user}\n`);
      expect(await shell(`touch /tmp/of; chown ${uid}:${uid} /tmp/of; stat -c %U:%G /tmp/of`)).toBe(
        `${user}:${group}\n`,
      );
      for (const key of [user, uid]) {
        expect(JSON.parse(await shell(`userdbctl user ${key} --json=short`))).toMatchObject({ userName: user, uid });
      }
    }
  });

  it('are not listed, as systemd-machined lists none', async () => {
    expect([await listed('passwd'), await listed('group')]).toEqual([[], []]);
    expect(await shell('userdbctl user --no-legend; userdbctl group --no-legend')).not.toMatch(/\bv[ug]-/);
  });

  it('have the same names after either has been restarted', async () => {
    const ask = () => shell([...labels].map(([name]) => `await getent passwd ${base(name) + 33}`).join('\n'));
    const before = await ask();
    expect(before.match(/^vu-/gm)).toHaveLength(4);
    await shell('systemctl restart systemd-machined');
    expect(await ask()).toBe(before);
    await serve();
    expect(await ask()).toBe(before);
  });

  it('of systemd-machined’s machines have them also while that is not there', async () => {
    const [user, uid] = ['vu-web-33', base('web') + 33];
    const mirrored = [`systemd-machined: ${user} ${uid}`];
    expect(await givenBy([{ uid }])).toEqual(mirrored);
    await shell('systemctl kill -s KILL systemd-machined');
    expect(await shell(`await getent passwd ${uid}; getent passwd ${user}`)).toMatch(
      new RegExp(`^(${user}:x:${uid}:.*\n){2}$`),
    );
    await shell('machinectl list >/dev/null');
    await expect.poll(() => givenBy([{ uid }])).toEqual(mirrored);
  });

  it('are listed once each where that is wanted', async () => {
    await serve('--enumerate');
    await shell(`has_all() { [ "$(getent passwd | grep -c ^vu-)" = ${expected('', users).length} ]; }; await has_all`);
    expect(await listed('passwd')).toEqual(expected('vu-', users));
    expect(await listed('group')).toEqual(expected('vg-', groups));
    const shown = (await shell('userdbctl user --no-legend; userdbctl group --no-legend')).match(
      /\bv[ug]-\S+ .*? \d+/g,
    );
    const together = [...expected('vu-', users), ...expected('vg-', groups)];
    expect(shown?.map((row) => row.replace(/ .* /, ' ')).sort()).toEqual(together.sort());
    // What is listed is found by number as it is listed.
    for (const line of await listed('passwd')) {
      const [name, uid] = line.split(' ');
      expect(await shell(`getent passwd ${uid}`)).toMatch(new RegExp(`^${name}:x:${uid}:`));
    }
  });
}

/** A reply, or what happened instead. */
interface Answer {
  readonly parameters?: { readonly record: Record<string, unknown> };
  readonly error?: string;
}

/** Whose record an answer has, and its name and number. */
function recordOf({ parameters, error }: Answer): string | undefined {
  // A socket that nobody listens at is as good as none.
  if (['io.systemd.UserDatabase.NoRecordFound', 'ECONNREFUSED', 'ENOENT'].includes(error ?? '')) return undefined;
  if (parameters === undefined) throw new Error(error);
  const { userName, uid, groupName, gid, service } = parameters.record;
  return `${sockets[service as keyof typeof sockets]}: ${userName ?? groupName} ${uid ?? gid}`;
}

/** Makes calls, each at the socket of a service, and prints the replies. systemd 252 has no varlinkctl. */
const askProgram = `
  import { createConnection } from 'node:net';
  const ask = ({ service, ...call }) => new Promise((resolve) => {
    let text = '';
    const socket = createConnection('/run/systemd/userdb/' + service);
    socket.on('error', ({ code }) => resolve({ error: code }));
    socket.on('data', (data) => {
      text += data;
      if (text.endsWith('\\0')) resolve(JSON.parse(text.slice(0, -1))), socket.destroy();
    });
    socket.write(JSON.stringify(call) + '\\0');
  });
  console.log(JSON.stringify(await Promise.all(JSON.parse(process.argv[2]).map(ask))));
`;
