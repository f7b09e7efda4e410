import { parseNameServices } from '../../../src/host/nsswitch.ts';
import type { Door } from '../door.ts';
import { must, textDoor } from '../text-door.ts';

/** Held against the C library, text by text, in test/host/nsswitch.test.ts. */
export const nameServices: Door = textDoor(
  'nsswitch',
  'an administrator, or an installer, writes nsswitch.conf: what is read is in it',
  {
    nsswitch: {
      samples: [
        'passwd:         files systemd\ngroup:          files [SUCCESS=merge] systemd\nshadow:         files\n',
        'hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n# a comment\nnetgroup: nis\n',
      ],
      read(text) {
        const { databases, fault } = parseNameServices(text);
        must(fault === undefined || databases.size === 0, 'there is a fault, and yet something is read');
        const plain = text.replace(/[\t\v\f\r]/g, ' ');
        for (const [database, services] of databases) {
          must(text.includes(database), `${database} is not in it`);
          for (const { name, actions } of services) {
            must(name !== '' && plain.includes(name), `${name} is not in it`);
            must(Object.keys(actions).length === 4, `${name} has ${Object.keys(actions)}`);
          }
        }
      },
    },
  },
);
