import { type Verb, verbs } from './verb.ts';

/** What leaves the machines as they are. */
export const lookingVerbs: readonly Verb[] = [
  ...verbs('looking', [
    'machinectl',
    'machinectl list',
    'machinectl list --output=json',
    'machinectl list -a --full --no-legend',
    // The tree of its processes is the work of the program that prints it.
    "machinectl status c1 | sed -n '1,/Unit:/p'",
    'machinectl show c1',
    'machinectl show c1 -p Name -p Class -p State --value',
    'machinectl show .host -p Name -p Class -p Leader',
    'machinectl show',
    'machinectl status nope',
    'asAlice machinectl list; asAlice machinectl show c1 -p Name',
    // Others who ask for what is registered.
    'systemctl -M c1 is-active dbus.socket systemd-journald; echo "status $?"',
    'systemctl -M c1 list-units --no-legend "*.target" | grep -c target',
    'systemctl list-machines --no-legend --plain | grep c1',
    'loginctl -M c1 list-sessions --no-legend; echo "status $?"',
    'journalctl -M c1 -o cat --no-pager -b | grep -c "Startup finished"; echo "status $?"',
    'ps -o machine= -p $LEADER; ps -o machine= -p 1',
    'systemd-cgls --no-pager -M c1 | sed -n 1,3p | sed "s/[0-9]\\{2,\\}/N/"',
    'busctl -M c1 call org.freedesktop.DBus / org.freedesktop.DBus GetId >/dev/null; echo "status $?"',
  ]),
  {
    id: 'looking: over Varlink',
    script: `varlink List '{"name":"c1"}'; varlink List '{"name":"c1","acquireMetadata":"yes"}'; varlink List '{"name":"nope"}'
      varlinkctl call --more -j $socket io.systemd.Machine.List '{}' | tr -d '\\036' | jq -r .name | sort
      varlink List '{"pid":{"pid":'$LEADER'}}'; varlink MapFrom '{"name":"c1","uid":0,"gid":0}'; varlink MapTo '{"uid":70000}'
      varlink Kill '{"name":"c1","signal":0}'; varlink Kill '{"name":"c1","whom":"leader","signal":999}'`,
  },
];
