import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareAnswers } from '../../bench/answers.ts';
import { ask } from '../../bench/ask.ts';
import { serveMessages } from './message-server.ts';

describe('comparing answers', () => {
  let directory: string;
  const servers: Server[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bench-answers-'));
  });

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    rmSync(directory, { recursive: true });
  });

  async function two(reference: (question: string) => string, candidate: (question: string) => string) {
    const sockets = { reference: join(directory, 'reference'), candidate: join(directory, 'candidate') };
    servers.push(await serveMessages(sockets.reference, reference), await serveMessages(sockets.candidate, candidate));
    return sockets;
  }

  test('the same values in another order are the same answer', async () => {
    const sockets = await two(
      () => '{"parameters":{"uid":1,"gid":2}}',
      () => '{"parameters":{"gid":2,"uid":1}}',
    );
    expect(await compareAnswers(sockets, ['a', 'b'])).toEqual([]);
  });

  test('each question that is answered differently is given with both answers', async () => {
    const sockets = await two(
      (question) => `{"parameters":{"name":"${question}"}}`,
      (question) => (question === 'b' ? '{"error":"no"}' : `{"parameters":{"name":"${question}"}}`),
    );
    expect(await compareAnswers(sockets, ['a', 'b', 'c'])).toEqual([
      { question: 'b', reference: '{"parameters":{"name":"b"}}', candidate: '{"error":"no"}' },
    ]);
  });

  test('a missing and an empty field are different', async () => {
    const sockets = await two(
      () => '{"parameters":{}}',
      () => '{"parameters":{"x":null}}',
    );
    expect(await compareAnswers(sockets, ['a'])).toHaveLength(1);
  });

  test('replies come in the order of the questions, even when they are long', async () => {
    const { reference } = await two(
      (question) => question.repeat(100_000),
      () => '',
    );
    const replies = await ask(reference, ['x', 'y', 'z']);
    expect(replies.map((reply) => [reply.length, reply[0]])).toEqual([
      [100_000, 'x'],
      [100_000, 'y'],
      [100_000, 'z'],
    ]);
  });

  test('a server that is not there is an error', async () => {
    await expect(ask(join(directory, 'nobody'), ['a'])).rejects.toThrow('ENOENT');
  });
});
