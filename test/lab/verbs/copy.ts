import { type Verb, verbs } from './verb.ts';

/** A tree with one of each, in the lab; in the container there will be the same. */
export const prepareCopies = `
  mkdir -p /srv/t/deep/er /srv/t/shut /srv/big; cd /srv/t; echo file >file; chmod 640 file; chown alice:alice deep; chown 33:33 file
  ln file hard; ln -s file link; ln -s /nowhere dangling; mkfifo fifo; mknod null c 1 3; truncate -s 1M sparse
  chmod 700 shut; chmod 4755 file; setfattr -n user.note -v told file 2>/dev/null || true; chmod 1777 deep/er
  echo second >deep/er/second; touch -d @1700000000 file deep/er deep`;

const list = (path: string): string =>
  `(cd ${path} && find . -printf '%p %y %m %U:%G %s %l %n\\n' | sed -E 's/^(\\S+ d .*) [0-9]+  ?/\\1 /' | sort; stat -c '%n %Y' file deep/er)`;

const copies: readonly Verb[] = [
  {
    id: 'copy: a tree to it',
    script: `machinectl copy-to c1 /srv/t /t; echo "status $?"; ${list('/var/lib/machines/c1/t')}`,
  },
  {
    id: 'copy: a tree from it',
    script: `machinectl copy-from c1 /t /srv/back; echo "status $?"; ${list('/srv/back')}`,
  },
  ...verbs('copy', [
    'machinectl copy-to c1 /srv/t/file /f; echo "status $?"; inside ls -ln --time-style=+ /f',
    'machinectl copy-to c1 /srv/t/file /f; echo "status $?"',
    'machinectl copy-to --force c1 /srv/t/deep/er/second /f; echo "status $?"; inside cat /f',
    'machinectl copy-to c1 /srv/t/file /etc; echo "status $?"',
    'machinectl copy-to c1 /srv/t /t; echo "status $?"',
    'machinectl copy-to --force c1 /srv/t /t; echo "status $?"',
    'machinectl copy-to c1 /srv/t/file /no/where; echo "status $?"; inside ls /no',
    'machinectl copy-to c1 /srv/nope /x; echo "status $?"; inside ls /x',
    'machinectl copy-to c1 /srv/t/link /copied-link; echo "status $?"; inside ls -ln --time-style=+ /copied-link',
    'machinectl copy-to c1 /srv/t/fifo /copied-fifo; echo "status $?"; inside ls -ln --time-style=+ /copied-fifo',
    'machinectl copy-to c1 relative /x; echo "status $?"',
    'machinectl copy-to c1 /srv/t/../t /x; echo "status $?"',
    'machinectl copy-to nope /srv/t /x; echo "status $?"',
    'machinectl copy-to .host /srv/t /x; echo "status $?"',
    'machinectl copy-from c1 /etc/hostname /srv/hostname; echo "status $?"; cat /srv/hostname',
    'machinectl copy-from c1 /etc/hostname /srv/hostname; echo "status $?"',
    'machinectl copy-from c1 /nope /srv/nope; echo "status $?"',
    'asAlice machinectl copy-from c1 /etc/hostname /tmp/x; echo "status $?"',
  ]),
  {
    id: 'copy: over Varlink',
    script: `
      varlink CopyTo '{"name":"c1","source":"/srv/t/deep","destination":"/varlink"}'; inside find /varlink | sort
      varlink CopyTo '{"name":"c1","source":"/srv/t/deep","destination":"/varlink"}'
      varlink CopyTo '{"name":"c1","source":"/srv/t/file","destination":"/f","replace":true}'
      varlink CopyFrom '{"name":"c1","source":"/varlink","destination":"/srv/varlink"}'; find /srv/varlink | sort
      varlink CopyFrom '{"name":"c1","source":"/nope"}'; varlink CopyFrom '{"name":"c1","source":"relative"}'
      varlink CopyFrom '{"name":"c1"}'; varlink CopyTo '{"name":"nope","source":"/srv/t"}'`,
  },
];

/** Which file it was. */
const besides = { row: 'copy-error', text: /(?<=^Failed to copy: [\w ]+): [\w/]+$/gm };

/** Files and trees between the lab and the container. */
export const copyVerbs: readonly Verb[] = copies.map((verb) => ({ ...verb, besides }));
