import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { type AgentReply, type AgentRequest, sentinel } from './protocol.ts';

// A program for the lab: asks Varlink services as the user and in the unit that it was started as, and reads files and
// runs programs there. One request after the other.

const sentinelCall = Buffer.from(`${JSON.stringify(sentinel)}\0`);
const patience = 10_000;

function askVarlink(path: string, bytes: Buffer): Promise<AgentReply> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const chunks: Buffer[] = [];
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const messages = split(Buffer.concat(chunks)).map((message) => message.toString('base64'));
      resolve({ did: 'varlink', messages: closed ? messages : messages.slice(0, -1), closed });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer from ${path} within ${patience} ms, so far: ${Buffer.concat(chunks)}`));
    }, patience);
    socket.on('connect', () => socket.write(Buffer.concat([bytes, sentinelCall])));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (split(Buffer.concat(chunks)).at(-1)?.includes(sentinel.parameters.interface)) finish(false);
    });
    // A server that closes with our sentinel unread resets the connection.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish(true);
      else {
        clearTimeout(timer);
        reject(error);
      }
    });
    socket.on('end', () => finish(true));
  });
}

function split(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    messages.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return messages;
}

function run([command, ...parameters]: readonly string[]): Promise<AgentReply> {
  return new Promise((resolve, reject) => {
    if (command === undefined) throw new Error('nothing to run');
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ did: 'run', status: status ?? -1, stdout, stderr }));
  });
}

async function perform(request: AgentRequest): Promise<AgentReply> {
  switch (request.do) {
    case 'varlink':
      return askVarlink(request.path, Buffer.from(request.bytes, 'base64'));
    case 'read':
      return { did: 'read', content: await readFile(request.path, 'utf8').catch(() => null) };
    case 'run':
      return run(request.command);
  }
}

process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const reply = await perform(JSON.parse(line) as AgentRequest).catch(
    (error: unknown): AgentReply => ({
      did: 'nothing',
      because: error instanceof Error ? error.message : String(error),
    }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
