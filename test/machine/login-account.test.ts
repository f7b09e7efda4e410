import { expect, it } from 'vitest';
import { findLoginAccount } from '../../src/machine/login-account.ts';

const passwd = `# comment
root:x:0:0:root:/root:/bin/bash
+::::::
short:x:5
anna:x:1000:100:Anna,,,:/home/anna:/bin/zsh
anna:x:2000:100::/second:/bin/sh
7:x:1007:100::/seven:
bad:x:-1:0::/:/bin/sh
huge:x:4294967295:0::/:/bin/sh
relative:x:1001:100::home:bin/sh
more:x:1002:100::/:/bin/sh:more
`;
const group = `root:x:0:anna
users:x:100:
wheel:x:10:bob,anna
annas:x:11:annas
twice:x:10:anna
bad:x:y:anna
more:x:12:anna:more
`;

it('finds a user by name, with the groups that name the user', () => {
  expect(findLoginAccount(passwd, group, 'anna')).toEqual({
    name: 'anna',
    uid: 1000,
    gid: 100,
    groups: [100, 0, 10],
    home: '/home/anna',
    shell: '/bin/zsh',
  });
});

it('finds one by number, unless it is a name', () => {
  expect(findLoginAccount(passwd, group, '1000')).toMatchObject({ name: 'anna' });
  expect(findLoginAccount(passwd, group, '7')).toMatchObject({ uid: 1007, shell: '/bin/sh' });
  expect(findLoginAccount(passwd, group, '01000')).toBeUndefined();
});

it('has root without any file, and nobody else', () => {
  const root = { name: 'root', uid: 0, gid: 0, groups: [0], home: '/root', shell: '/bin/sh' };
  expect(findLoginAccount('', '', 'root')).toEqual(root);
  expect(findLoginAccount('', '', '0')).toEqual(root);
  expect(findLoginAccount(passwd, group, 'root')).toMatchObject({ shell: '/bin/bash' });
  for (const name of ['1', 'nobody', '', '+', '#', 'short', 'bad', 'huge', 'more', '4294967295']) {
    expect(findLoginAccount(passwd, group, name), name).toBeUndefined();
  }
});

it('gives only paths that are absolute', () => {
  expect(findLoginAccount(passwd, group, 'relative')).toMatchObject({ home: '/', shell: '/bin/sh' });
});
