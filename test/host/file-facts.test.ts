import { describe, expect, it } from 'vitest';
import { prepareHost } from './prepared-host.ts';

const unit = '/usr/lib/systemd/system/systemd-machined.service';
const socket = '/lib/systemd/system/systemd-machined.socket';

describe('the files of a host', () => {
  it.each<[string, Parameters<typeof prepareHost>[0], string[]]>([
    ['not installed', {}, []],
    ['installed', { [unit]: '[Unit]', [socket]: '[Unit]' }, ['systemd-machined.service', 'systemd-machined.socket']],
    [
      'masked by a link',
      { [unit]: '[Unit]', '/etc/systemd/system/systemd-machined.service': { link: '/dev/null' } },
      [],
    ],
    ['masked until the next boot', { [unit]: '', '/run/systemd/system/systemd-machined.service': '' }, []],
    [
      'replaced',
      { [unit]: '[Unit]', '/etc/systemd/system/systemd-machined.service': '[Unit]' },
      ['systemd-machined.service'],
    ],
  ])('tell whether systemd-machined can be started: %s', (_what, files, startable) => {
    expect(prepareHost(files).startableUnits).toEqual(startable);
  });

  it('are not left by links', () => {
    const files = prepareHost({
      '/etc/passwd': { link: '../../../../../../etc/passwd' },
      '/etc/hosts': { link: '/etc/group' },
    });
    expect([files.users, files.hosts]).toEqual([undefined, undefined]);
  });
});
