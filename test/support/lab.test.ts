import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readlinkSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Lab, labUnavailable } from './lab.ts';
import { projectRoot } from './project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);
const script = `${projectRoot}/test/lab/lab.sh`;

/** True while a systemd runs under this PID. */
function runs(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).endsWith('/systemd');
  } catch {
    return false;
  }
}

async function within(milliseconds: number, condition: () => boolean): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end && !condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  return condition();
}

describe.skipIf(unavailable !== undefined)('the lab', { timeout: 60_000 }, () => {
  const labs: Lab[] = [];
  afterAll(async () => {
    for (const lab of labs) await lab.down();
  });

  test('is a Debian with systemd 262 or later, its own control group and no way out', async () => {
    const lab = await Lab.up();
    labs.push(lab);
    const version = await lab.shell('systemctl --version');
    expect(Number(/^systemd (\d+)/.exec(version)?.[1])).toBeGreaterThanOrEqual(262);
    expect((await lab.shell('cat /proc/1/cgroup')).trim().split('\n').at(-1)).toBe('0::/init.scope');
    expect((await lab.shell('ls /sys/class/net')).trim()).toBe('lo');
    expect((await lab.shell('hostname')).trim()).toBe(lab.name);
    expect((await lab.shell('node --version')).trim()).toBe(process.version);
  });

  test('shows directories read-only, takes files, and gives status and output of what runs inside', async () => {
    const lab = await Lab.up([{ directory: `${projectRoot}/test/support`, name: 'support' }]);
    labs.push(lab);
    expect(await lab.run('test', '-f', '/support/lab.ts')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect((await lab.run('touch', '/support/new')).status).toBe(1);
    lab.write('/srv/a/b.txt', 'text\n');
    expect(await lab.shell('cat /srv/a/b.txt')).toBe('text\n');
    expect(await lab.run('bash', '-c', 'echo out; echo err >&2; exit 7')).toEqual({
      status: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    await expect(lab.shell('echo because >&2; false')).rejects.toThrow('because');
  });

  test('goes down with all that it ran', async () => {
    const lab = await Lab.up();
    expect(runs(lab.initPid)).toBe(true);
    await lab.down();
    await lab.down();
    expect(runs(lab.initPid)).toBe(false);
    expect((await lab.run('true')).stderr).toContain('is not up');
  });

  test('goes down when the process that holds it is killed', async () => {
    const env = { ...process.env, LAB_NAME: `k${process.pid}` };
    // Killing the script is the harder case: it cannot clean up after itself.
    const holder = spawn(script, ['hold'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(holder.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(line.split(' ')[1]);
    expect(runs(pid)).toBe(true);
    holder.kill('SIGKILL');
    expect(await within(5000, () => !runs(pid))).toBe(true);
    const next = await Lab.up();
    labs.push(next);
    const cache = process.env['LAB_CACHE'] ?? '/var/cache/mymachines-lab';
    expect(existsSync(`${cache}/state/${env.LAB_NAME}`)).toBe(false);
    expect(existsSync(`${cache}/state/${next.name}`)).toBe(true);
  });
});

test('lab.sh says what is wrong and ends with a status', async () => {
  const run = async (env: Record<string, string>, ...args: string[]) => {
    const child = spawn(script, args, { env: { ...process.env, ...env } });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    const [status] = (await once(child, 'close')) as [number];
    return { status, text };
  };
  const bad = await run({ LAB_NAME: 'a/b' }, 'up');
  expect(bad.status).toBe(1);
  expect(bad.text).toContain("not 'a/b'");
  expect((await run({})).status).toBe(2);
  if (unavailable === undefined) {
    const cache = `/tmp/mymachines-lab-${process.pid}`;
    const failed = await run({ LAB_CACHE: cache, LAB_SUITE: 'nosuch', LAB_MIRROR: 'file:///nowhere' }, 'build');
    expect(failed.status).toBe(1);
    expect(failed.text).toMatch(/debootstrap nosuch from file:\/\/\/nowhere failed: ./);
    await once(spawn('rm', ['-rf', cache]), 'close');
  }
});
