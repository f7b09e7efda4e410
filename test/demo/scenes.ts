import { type Container, startContainers } from '../support/namespaces.ts';
import { hasProgram } from '../support/programs.ts';
import type { Screen } from './screen.ts';
import { show } from './shell.ts';

/** What is to be had for the containers. */
export interface Cast {
  /** Ids of each of the two. Absent: they have none of their own. */
  readonly ids?: { readonly first: number; readonly count: number };
}

/** The two containers. */
export interface Containers {
  readonly web: Container;
  readonly db: Container;
}

export async function introduceContainers(screen: Screen, { ids }: Cast): Promise<Containers> {
  screen.title('Two containers');
  screen.say(
    `Two processes with ${ids ? 'user and network namespaces' : 'network namespaces'} of their own, each at one end of ` +
      `a veth pair. ${ids ? 'Root in there is an ordinary, unprivileged id out here:' : ''}`,
  );
  const [web, db] = (await startContainers(2, (index) => ({
    ...(ids ? { uidBase: ids.first + index * ids.count, count: ids.count } : { hostUsers: true }),
    addresses: ADDRESSES[index] as string[],
  }))) as [Container, Container];
  for (const [index, container] of [web, db].entries()) {
    if (ids) {
      const base = `${ids.first + index * ids.count}`;
      await show(screen, `cat /proc/${container.pid}/uid_map`, { shows: [base] });
    }
    const command = `nsenter -t ${container.pid} -n ip -brief address show dev host0`;
    await show(screen, command, { shows: ADDRESSES[index] as string[] });
  }
  return { web, db };
}

export async function registerMachines(screen: Screen, { web, db }: Containers): Promise<void> {
  screen.title('They become machines');
  screen.say(
    'A container manager registers what it starts, over io.systemd.Machine: systemd-nspawn does it by itself. ' +
      'By hand it is one command:',
  );
  await show(screen, `mymachines register web --leader=${web.pid} --service=demo`);
  await show(screen, `mymachines register db --leader=${db.pid} --service=demo`);
  await show(screen, 'mymachines list', { shows: ['web', 'db', '10.77.0.2', '10.77.0.3', '2 machines listed'] });
  await show(screen, 'mymachines status web', { shows: [`${web.pid}`, '10.77.0.2', 'fd77::2'] });
}

export async function nameUsers(screen: Screen, _: Containers, { ids }: Cast): Promise<void> {
  screen.title('Their users and groups have names');
  if (ids === undefined) {
    screen.say(
      'Left out: these containers have no ids of their own. Without root they get some only where newuidmap is ' +
        'installed (Debian: uidmap) and /etc/subuid and /etc/subgid give the user a range.',
    );
    return;
  }
  const uid = ids.first + 33;
  const gid = ids.first + ids.count + 4;
  screen.say('The user 33 of web and the group 4 of db, by name and by number:');
  await show(screen, 'mymachines user vu-web-33', { shows: [`${uid}`, 'UID 33 of Container web'] });
  await show(screen, `mymachines user ${uid}`, { shows: ['vu-web-33'] });
  await show(screen, 'mymachines group vg-db-4', { shows: [`${gid}`, 'GID 4 of Container db'] });
  await show(screen, `mymachines group ${gid}`, { shows: ['vg-db-4'] });
}

export async function showSystem(
  screen: Screen,
  { web }: Containers,
  { ids }: Cast,
  nameService: boolean,
): Promise<void> {
  if (ids === undefined) return;
  screen.title('Every program knows them');
  if (!nameService) {
    screen.say(
      'Left out: libnss_systemd is not installed. With it (Debian: apt install libnss-systemd), getent, ps, ls, chown ' +
        'and all else that asks the C library know these names.',
    );
    return;
  }
  const uid = ids.first + 33;
  screen.say('The C library asks through libnss_systemd, as Debian ships it. No program needs to know of mymachines:');
  await show(screen, 'getent passwd vu-web-33', { shows: [`vu-web-33:x:${uid}:65534:`] });
  await show(screen, `getent passwd ${uid}`, { shows: [`vu-web-33:x:${uid}:65534:`] });
  await show(screen, 'getent group vg-web-33', { shows: [`vg-web-33:x:${uid}:`] });
  await show(screen, 'touch /run/letter; chown vu-web-33:vg-db-4 /run/letter; ls -l /run/letter', {
    shows: ['vu-web-33', 'vg-db-4'],
  });
  if (hasProgram('ps')) {
    await show(screen, `ps -o user:12,pid,args -p ${web.pid}`, { shows: [/vu-web-0\s+\d+ sleep/] });
  }
  if (hasProgram('userdbctl')) {
    await show(screen, 'userdbctl user vu-web-33', { shows: [`${uid}`, 'io.systemd.Machine'] });
  }
}

export async function stopOne(screen: Screen, { db }: Containers, { ids }: Cast): Promise<void> {
  screen.title('One stops');
  screen.say('Nobody tells mymachines: the kernel does, when the leading process ends.');
  await show(screen, `kill ${db.pid}; sleep 0.1`);
  await show(screen, 'mymachines list', { shows: ['web', '1 machines listed'], hides: ['10.77.0.3'] });
  if (ids) await show(screen, 'mymachines group vg-db-4', { status: 1, shows: ['vg-db-4'] });
}

const ADDRESSES = [
  ['10.77.0.2/24', 'fd77::2/64'],
  ['10.77.0.3/24', 'fd77::3/64'],
];
