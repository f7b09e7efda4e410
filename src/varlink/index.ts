/**
 * The Varlink protocol (https://varlink.org): a server, a client, and the interface definition language.
 *
 *     // com.example.greeter.varlink, from which com.example.greeter.ts is generated:
 *     //     interface com.example.greeter
 *     //     method Greet(name: string) -> (greeting: string)
 *     //     error Unwelcome(name: string)
 *     import { errorsOf, implement, listen, VarlinkClient, VarlinkServer } from 'mymachines/varlink';
 *     import { description } from './com.example.greeter.ts';
 *
 *     const fail = errorsOf(description);
 *     const info = { vendor: 'Example', product: 'Greeter', version: '1', url: 'https://example.com' };
 *     const server = new VarlinkServer(info);
 *     server.add(
 *       implement(description, {
 *         Greet: ({ name }) => (name === '' ? fail('Unwelcome', { name }) : { greeting: `Hello, ${name}` }),
 *       }),
 *     );
 *     server.serve(await listen({ path: '/run/greeter' }));
 *
 *     const client = await VarlinkClient.connect('unix:/run/greeter');
 *     const { greeting } = await client.use(description).call('Greet', { name: 'you' });
 *
 * @module
 */
export { parseAddress } from './address.ts';
export type { Call } from './call.ts';
export { CallReader } from './call-reader.ts';
export { VarlinkClient } from './client.ts';
export type { Description, ErrorsOf, MethodsOf } from './description.ts';
export {
  ConnectionError,
  expectedMore,
  interfaceNotFound,
  invalidParameter,
  methodNotFound,
  methodNotImplemented,
  ProtocolError,
  permissionDenied,
  VarlinkError,
} from './errors.ts';
export { type Check, type CheckOptions, compileCheck } from './idl/check.ts';
export { formatInterface } from './idl/format.ts';
export { generateTypes } from './idl/generate.ts';
export { IdlError } from './idl/idl-error.ts';
export { parseInterface } from './idl/parse.ts';
export type * from './idl/syntax.ts';
export {
  type ErrorFactory,
  errorsOf,
  type Handler,
  type Handlers,
  type Implementation,
  type ImplementedMethod,
  implement,
  implementLater,
  type Outcome,
} from './implementation.ts';
export type { InterfaceClient, Parameters, Reply } from './interface-client.ts';
export { encodeError } from './message.ts';
export { connect, listen, type SocketAddress } from './net-transport.ts';
export type { CallOptions } from './pending.ts';
export { PreparedReplies, PreparedReply } from './prepared-reply.ts';
export type { ReplySource } from './reply-source.ts';
export type { Continuing, Result } from './result.ts';
export { type ServerOptions, VarlinkServer } from './server.ts';
export type { ServiceInfo } from './service.ts';
export type { Shortcut } from './shortcut.ts';
export type { ArrivedDescriptors, Listener, Peer, Transport, TransportEvents } from './transport.ts';
export { Turns } from './turns.ts';
