import type { Question } from '../../question.ts';
import { ask } from './ask.ts';

const databases = ['hosts', 'ahosts', 'ahostsv4', 'ahostsv6'];
const names = ['noip', 'one', 'many', 'plain', 'guest', 'foo-bar-baz', '.host', 'ONE', 'one.', 'sub.one'];

/** All but how long it took. */
const pinged = "| sed -E 's/time[= ]*[0-9.]+ ?ms//; /^rtt/d'";

/** The unmodified libnss_mymachines behind getent, ping and getaddrinfo of another program. */
export const nameServiceQuestions: readonly Question[] = [
  ...ask(
    'name service',
    databases.flatMap((database) => [
      ...names.map((name) => `getent -s mymachines ${database} ${name}`),
      `getent -s mymachines ${database} one many`,
      `getent -s mymachines ${database} one foo-bar-baz many noip`,
      `getent -s 'hosts:files mymachines' ${database} localhost one many`,
      `getent -s 'hosts:files mymachines' ${database} foo-bar-baz`,
      `getent ${database} one many`,
    ]),
  ),
  ...ask('name service', [
    'getent -s mymachines hosts 10.1.0.2',
    'getent -s mymachines hosts fd00:dead:beef:cafe::2',
    'getent -s mymachines passwd foo',
    'getent -s mymachines passwd 11',
    'getent -s mymachines group foo',
    'getent -s mymachines group 11',
    `ping -c1 one ${pinged}`,
    `ping -c1 many ${pinged}`,
    `ping -4 -c1 many ${pinged}`,
    'ping -c1 noip',
    'ping -c1 foo-bar-baz',
    `python3 -c 'import socket; print(socket.gethostbyname_ex("many"))'`,
    `python3 -c 'import socket; print(socket.getaddrinfo("many", 80, proto=socket.IPPROTO_TCP))'`,
  ]),
  ...ask(
    'name service',
    ['getent -s mymachines ahosts one many', 'getent -s mymachines hosts noip', 'getent hosts foo-bar-baz'],
    'alice',
  ),
];
