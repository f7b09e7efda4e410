import { createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConnectionError, ProtocolError, VarlinkClient } from '../../src/varlink/index.ts';
import { socketPath } from './raw-peer.ts';

describe('a service that does not keep to the protocol', () => {
  async function badService(answer: (socket: Socket) => void): Promise<VarlinkClient> {
    const path = socketPath();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    return VarlinkClient.connect(path);
  }

  test.each([
    ['nothing but a NUL', '\0', 'a message is not JSON'],
    ['something that is no reply', '{"method":"a.b.C"}\0', 'a reply has a bad member "method"'],
    ['several replies', '{"continues":true}\0{}\0', 'there are more replies than asked for'],
    ['a reply that is too long', `{"parameters":{"x":"${'x'.repeat(17_000_000)}"}}\0`, 'longer than 16777216 bytes'],
  ])('by %s', async (_what, bytes, message) => {
    const client = await badService((socket) => socket.write(bytes));
    const error = await client.call('a.b.C').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).toContain(message);
    expect(client.open).toBe(false);
  });

  test('by a reply to nothing', async () => {
    const client = await badService((socket) => socket.write('{}\0{}\0'));
    expect(await client.call('a.b.C')).toEqual({});
    await vi.waitFor(() => expect(client.open).toBe(false));
    await expect(client.call('a.b.C')).rejects.toMatchObject({ cause: { message: 'there is a reply without a call' } });
  });

  test.each([
    ['without a word', (socket: Socket) => socket.end()],
    ['in the middle of a reply', (socket: Socket) => socket.end('{"parameters":')],
    ['by a reset', (socket: Socket) => socket.destroy()],
  ])('by ending the connection %s', async (_how, answer) => {
    const client = await badService(answer);
    await expect(client.call('a.b.C')).rejects.toBeInstanceOf(ConnectionError);
    const stream = client.stream('a.b.C');
    await expect(stream.next()).rejects.toBeInstanceOf(ConnectionError);
  });

  test('by ending the connection while nobody waits, which is told', async () => {
    const client = await badService((socket) => socket.end('{}\0'));
    await client.call('a.b.C');
    expect(await client.closed).toMatchObject({ message: 'the service closed the connection' });
    expect(client.open).toBe(false);
  });

  test('by ending it after the reply, which is still given', async () => {
    const client = await badService((socket) => socket.end('{"parameters":{"x":1}}\0'));
    expect(await client.call('a.b.C')).toEqual({ x: 1 });
  });

  test('by ending a stream in the middle: the replies are given, then the error', async () => {
    const many = '{"parameters":{"x":1},"continues":true}\0'.repeat(200);
    const client = await badService((socket) => socket.end(many));
    let replies = 0;
    const read = async () => {
      for await (const _reply of client.stream('a.b.C')) replies++;
    };
    await expect(read()).rejects.toBeInstanceOf(ConnectionError);
    expect(replies).toBe(200);
  });
});
