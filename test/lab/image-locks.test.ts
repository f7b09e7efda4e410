import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { CONVERSE } from '../support/our-programs.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('images that systemd uses', { timeout: 60_000 }, () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    await lab.shell(`systemctl mask -q --now systemd-machined.service systemd-machined.socket; ${TREE}`);
  }, 60_000);
  afterAll(() => lab?.down());

  /** What the program says that changes images, after `prefix` in the command line. */
  const change = async (job: object, prefix = ''): Promise<unknown> => {
    const text = await lab.shell(`
      node -e '${CONVERSE}' $(mktemp -u) '${JSON.stringify(job)}' ${prefix} node /project/dist/images/changing.js`);
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  };

  /** For before the program in a command line: it stays in or behind its n-th call of one name until goOn(). */
  const held = (where: `${string}:delay_${'enter' | 'exit'}`, n: number): string => {
    const call = where.slice(0, where.indexOf(':'));
    return `strace -D -qq -o /dev/null -e trace=${call} -e inject=${where}=60000000:when=${n}`;
  };
  // Who is traced runs on when the tracer is gone.
  const goOn = (): Promise<string> => lab.shell('pkill -KILL -x strace');

  const image = { name: 'web', path: '/var/lib/machines/web', type: 'directory' };
  const BUSY = expect.objectContaining({ errnoName: 'EBUSY' });

  it('are not changed while a container runs from them, but copied', async () => {
    await lab.shell(
      'systemd-run -q -u web systemd-nspawn -q --keep-unit --register=no -D /var/lib/machines/web sleep 60',
    );
    await lab.shell('for i in $(seq 100); do [[ -e /var/lib/machines/.#web.lck ]] && exit; sleep .05; done; exit 1');
    expect(await change({ kind: 'remove', image })).toEqual(BUSY);
    expect(await change({ kind: 'rename', image, newName: 'other' })).toEqual(BUSY);
    expect(await change({ kind: 'mark-read-only', image, readOnly: true })).toEqual(BUSY);
    expect(await change({ kind: 'clean', images: [image] })).toEqual({ done: true });
    // By another path it is the same image.
    await lab.shell('mkdir -p /srv/again; mount --bind /var/lib/machines/web /srv/again');
    const again = { ...image, path: '/srv/again' };
    expect(await change({ kind: 'mark-read-only', image: again, readOnly: true })).toEqual(BUSY);
    await lab.shell('umount /srv/again');
    expect(await change({ kind: 'clone', image: { ...image }, newName: 'copy', readOnly: false })).toEqual({
      done: true,
    });
    await lab.shell('systemctl stop web');
    expect(await lab.shell('ls -A /var/lib/machines')).toBe('copy\nweb\n');
    expect(await change({ kind: 'rename', image, newName: 'other' })).toEqual({ done: true });
    expect(
      await change({
        kind: 'rename',
        image: { ...image, name: 'other', path: '/var/lib/machines/other' },
        newName: 'web',
      }),
    ).toEqual({ done: true });
    expect(await lab.shell('ls -A /var/lib/machines /run/systemd/nspawn/locks')).toBe(
      '/run/systemd/nspawn/locks:\n\n/var/lib/machines:\ncopy\nweb\n',
    );
  });

  it('are not used by systemd-nspawn or changed by systemd-machined while they are changed', async () => {
    await lab.shell(
      'systemctl unmask -q systemd-machined.service systemd-machined.socket; systemctl start systemd-machined',
    );
    // It has both locks for as long as it takes to give the first one back.
    const changed = change({ kind: 'mark-read-only', image, readOnly: true }, held('unlinkat:delay_enter', 1));
    await lab.shell(
      'for i in $(seq 200); do ls /run/systemd/nspawn/locks | grep -q inode && exit; sleep .05; done; exit 1',
    );
    const run = await lab.run(
      'systemd-nspawn',
      '-q',
      '--register=no',
      '--keep-unit',
      '-D',
      '/var/lib/machines/web',
      'true',
    );
    expect(run.stderr).toMatch(/busy/i);
    expect((await lab.run('machinectl', 'remove', 'web')).stderr).toMatch(/Device or resource busy/);
    await goOn();
    expect(await changed).toEqual({ done: true });
    expect((await lab.run('machinectl', 'show-image', '-P', 'ReadOnly', 'web')).stdout).toBe('yes\n');
    await lab.shell('machinectl read-only web false');
  });

  it('have no name that systemd-machined is about to give to another, or we', async () => {
    const cloned = change({ kind: 'clone', image, newName: 'new', readOnly: false }, held('mkdirat:delay_exit', 4));
    await lab.shell(
      'for i in $(seq 200); do [[ -e /run/systemd/nspawn/locks/name-new ]] && exit; sleep .05; done; exit 1',
    );
    expect((await lab.run('machinectl', 'clone', 'copy', 'new')).stderr).toMatch(/Device or resource busy/);
    await goOn();
    expect(await cloned).toEqual({ done: true });
    expect((await lab.run('machinectl', 'clone', 'copy', 'new')).stderr).toMatch(/File exists/);
  });

  it('are not copied for who has left the bus', async () => {
    await lab.shell(`node /project/dist/cli/main.js install; systemctl daemon-reload
      systemctl mask -q --now systemd-machined.service systemd-machined.socket
      systemctl enable -q --now mymachines.socket mymachines.service
      mkdir /var/lib/machines/many; cd /var/lib/machines/many; seq 10000 | xargs touch`);
    await lab.shell(`cd /var/lib/machines
      busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \\
        CloneImage ssb many cloned false & caller=$!
      for n in $(seq 2000); do compgen -G '.#mymachines-*' >/dev/null && break; sleep .01; done
      compgen -G '.#mymachines-*'; kill $caller
      for n in $(seq 1000); do compgen -G '.#mymachines-*' >/dev/null || exit 0; sleep .02; done; exit 1`);
    expect(await lab.shell('ls -A /var/lib/machines')).toBe('copy\nmany\nnew\nweb\n');
  });

  it('come from systemd-importd, and go back', async () => {
    const left = await lab.shell(`mkdir -p /srv/small/etc; echo ID=small >/srv/small/etc/os-release; cd /srv
      tar -C small -cf small.tar .; truncate -s 1M small.raw
      importctl -q import-tar --class=machine small.tar one; importctl -q import-fs --class=machine small two
      importctl -q import-raw --class=machine small.raw three
      importctl -q export-tar --class=machine one back.tar; tar -xOf back.tar ./etc/os-release
      ! importctl -q import-tar --class=machine small.tar one
      machinectl clone one four
      machinectl list-images --no-legend | awk '{ print $1, $2 }' | grep -Ev 'copy|many|new|web'
      busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \\
        GetImageOSRelease s two
      machinectl remove one two three four; ls -A /var/lib/machines`);
    expect(left).toBe(
      'ID=small\nfour directory\none directory\nthree raw\ntwo directory\na{ss} 1 "ID" "small"\ncopy\nmany\nnew\nweb\n',
    );
  });
});

/** A tree for containers that is little more than the host's programs. */
const TREE = `
  mkdir -p /var/lib/machines/web/{usr,etc,var,proc,sys,dev,run,tmp,root}; cd /var/lib/machines/web
  for each in bin sbin lib lib64; do ln -s usr/$each $each; done
  cp -a /usr/bin /usr/lib64 usr/ 2>/dev/null || true; mkdir -p usr/lib
  cp -a /usr/lib/os-release /usr/lib/*-linux-gnu usr/lib/ 2>/dev/null || true`;
