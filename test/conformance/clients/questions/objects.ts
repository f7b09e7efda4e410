import type { Question } from '../../question.ts';
import { ask } from './ask.ts';

const bus = 'org.freedesktop.machine1';
const root = '/org/freedesktop/machine1';
const paths = [root, `${root}/machine`, `${root}/machine/one`, `${root}/machine/_2ehost`, '/org/freedesktop', '/'];
const absent = [`${root}/machine/nope`, `${root}/machine/_6fne`, `${root}/machine/self`, `${root}/machine/one/x`, '/x'];
const managerProperties = ['PoolPath', 'PoolUsage', 'PoolLimit'];
const machineProperties = [
  ...['Name', 'Id', 'Timestamp', 'TimestampMonotonic', 'Service', 'Unit', 'Subgroup', 'Leader', 'LeaderPIDFDId'],
  ...['Supervisor', 'SupervisorPIDFDId', 'Class', 'RootDirectory', 'NetworkInterfaces', 'VSockCID', 'SSHAddress'],
  ...['SSHPrivateKeyPath', 'State', 'UID'],
];

/** Columns are as wide as the longest value. */
const narrow = "| tr -s ' '";

const property = (path: string, parameters: string): string =>
  `gdbus call -y -d ${bus} -o ${path} -m org.freedesktop.DBus.Properties.${parameters}`;

const looking = [
  `busctl tree ${bus}`,
  `busctl tree --list ${bus}`,
  ...[...paths, ...absent].flatMap((path) => [
    `busctl introspect -l ${bus} ${path} ${narrow}`,
    `busctl introspect --xml-interface ${bus} ${path}`,
    `gdbus introspect -y -d ${bus} -o ${path}`,
    `gdbus introspect -y -d ${bus} -o ${path} --xml`,
    `gdbus introspect -y -d ${bus} -o ${path} -p`,
  ]),
  `gdbus introspect -y -d ${bus} -o ${root}/machine -r`,
  `busctl introspect ${bus} ${root} ${bus}.Manager ${narrow}`,
  `busctl introspect ${bus} ${root}/machine/guest ${bus}.Machine ${narrow}`,
  ...managerProperties.map((name) => `busctl get-property ${bus} ${root} ${bus}.Manager ${name}`),
  ...['one', 'plain', 'guest'].map(
    (name) => `busctl get-property ${bus} ${root}/machine/${name} ${bus}.Machine ${machineProperties.join(' ')}`,
  ),
  ...[...paths, ...absent].flatMap((path) =>
    [`${bus}.Manager`, `${bus}.Machine`, '""', 'org.freedesktop.DBus.Properties', 'a.b', 'nonsense'].map((name) =>
      property(path, `GetAll ${name}`),
    ),
  ),
  `busctl -j call ${bus} ${root}/machine/guest org.freedesktop.DBus.Properties GetAll s ${bus}.Machine`,
];

const wrong = [
  property(root, `Get ${bus}.Manager Nonsense`),
  property(root, `Get ${bus}.Nonsense PoolPath`),
  property(root, `Get ${bus}.Machine PoolPath`),
  property(root, 'Get "" PoolPath'),
  property(root, 'Get "" ""'),
  property(root, `Get ${bus}.Manager "a-b"`),
  property(`${root}/machine/one`, `Get ${bus}.Machine Nonsense`),
  property(`${root}/machine/nope`, `Get ${bus}.Machine Name`),
  property(root, `Set ${bus}.Manager PoolPath "<'/x'>"`),
  property(root, `Set ${bus}.Manager PoolPath "<uint32 5>"`),
  property(root, `Set ${bus}.Manager Nonsense "<'/x'>"`),
  property(`${root}/machine/one`, `Set ${bus}.Machine Name "<'/x'>"`),
  `busctl set-property ${bus} ${root} ${bus}.Manager PoolLimit t 5`,
  ...[root, `${root}/machine`, `${root}/machine/one`, `${root}/machine/nope`, '/x'].flatMap((path) => [
    `gdbus call -y -d ${bus} -o ${path} -m ${bus}.Manager.Nonsense`,
    `gdbus call -y -d ${bus} -o ${path} -m ${bus}.Manager.ListMachines 5`,
    `gdbus call -y -d ${bus} -o ${path} -m ${bus}.Machine.GetAddresses 5`,
    `gdbus call -y -d ${bus} -o ${path} -m ${bus}.Nonsense.GetMachine one`,
    `gdbus call -y -d ${bus} -o ${path} -m org.freedesktop.DBus.Peer.Ping`,
    `gdbus call -y -d ${bus} -o ${path} -m org.freedesktop.DBus.Peer.Ping 5`,
    `gdbus call -y -d ${bus} -o ${path} -m org.freedesktop.DBus.Peer.GetMachineId`,
    `gdbus call -y -d ${bus} -o ${path} -m org.freedesktop.DBus.Peer.Nonsense`,
    `gdbus call -y -d ${bus} -o ${path} -m org.freedesktop.DBus.ObjectManager.GetManagedObjects`,
    `busctl call ${bus} ${path} org.freedesktop.DBus.Introspectable Introspect s x`,
    `busctl call ${bus} ${path} org.freedesktop.DBus.Properties Get s x`,
  ]),
];

const logControl = `${bus} /org/freedesktop/LogControl1 org.freedesktop.LogControl1`;
const log = [
  'busctl introspect --xml-interface org.freedesktop.machine1 /org/freedesktop/LogControl1',
  ...['LogLevel', 'LogTarget'].map((name) => `busctl get-property ${logControl} ${name}`),
  `busctl set-property ${logControl} LogLevel s warning && busctl get-property ${logControl} LogLevel`,
  `busctl set-property ${logControl} LogLevel s info`,
  `busctl set-property ${logControl} LogLevel s nonsense`,
  `busctl set-property ${logControl} LogTarget s nonsense`,
];

/** Introspection, properties, and what is not there. */
export const objectQuestions: readonly Question[] = [
  ...ask('object', looking),
  ...ask('object', wrong),
  ...ask('log control', log),
  ...ask(
    'object',
    looking.filter((command) => command.startsWith('busctl')),
    'alice',
  ),
  ...ask(
    'log control',
    [`busctl set-property ${logControl} LogLevel s warning`, `busctl get-property ${logControl} LogLevel`],
    'alice',
  ),
];
