import { closeSync, readFileSync } from 'node:fs';
import { enterBus } from '../dbus/connection.ts';
import {
  DESTINATION,
  decodeMessage,
  encodeCall,
  encodeMessage,
  MEMBER,
  METHOD_CALL,
  METHOD_RETURN,
  type Message,
  messageLength,
  PREFIX,
  REPLY_SERIAL,
  SENDER,
  SIGNATURE,
  setSerial,
  string,
} from '../dbus/message.ts';
import type { Answers } from './constant-answers.ts';
import { connectTo, receive, sendAll } from './sockets.ts';

// echo-dbus SOCKET NAME [FILE]: owns a name on a bus and does nothing but reply, the same to every call, or to every call
// of a method what FILE has for it. How fast a load generator is with it is how fast it can be with anything behind that
// bus.
const [socket = '', name = '', file] = process.argv.slice(2);
// As long as the addresses of a machine are.
const BODY = string('x'.repeat(56));
const answers = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Answers);
const bodies = new Map(Object.entries(answers).map(([member, { body }]) => [member, Buffer.from(body, 'base64')]));
// DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER (D-Bus Specification, "org.freedesktop.DBus.RequestName").
const PRIMARY_OWNER = 1;

function reply({ fields, serial }: Message): Buffer {
  const member = fields.get(MEMBER) as string;
  return encodeMessage(
    METHOD_RETURN,
    [
      [REPLY_SERIAL, serial],
      [DESTINATION, fields.get(SENDER) as string],
      [SIGNATURE, answers[member]?.signature ?? 's'],
    ],
    bodies.get(member) ?? BODY,
  );
}

function requestName(): Buffer {
  const bus = 'org.freedesktop.DBus';
  const { fields } = decodeMessage(encodeCall(bus, '/org/freedesktop/DBus', [bus, 'RequestName']));
  const body = Buffer.concat([string(name), Buffer.alloc((-name.length - 5) & 3), Buffer.alloc(4)]);
  return encodeMessage(METHOD_CALL, [...fields, [SIGNATURE, 'su']], body);
}

const fd = connectTo(socket);
enterBus(fd);
let serial = 1;
const send = (message: Uint8Array): void => {
  serial += 1;
  setSerial(message, serial);
  sendAll(fd, message);
};
const input = new Uint8Array(64 * 1024);
let have = 0;
send(requestName());
let ready = false;
for (;;) {
  const length = receive(fd, input.subarray(have));
  if (length === 0) break;
  have += length;
  let at = 0;
  while (have - at >= PREFIX) {
    const end = at + messageLength(input.subarray(at));
    if (end > have) break;
    const message = decodeMessage(input.subarray(at, end));
    if (message.type === METHOD_CALL) send(reply(message));
    if (message.type === METHOD_RETURN && !ready) {
      if (message.body[0] !== PRIMARY_OWNER) throw new Error(`${name} belongs to somebody else`);
      ready = true;
      process.stdout.write('ready\n');
    }
    at = end;
  }
  input.copyWithin(0, at, have);
  have -= at;
}
closeSync(fd);
