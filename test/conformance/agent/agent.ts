import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { askVarlink } from './ask-varlink.ts';
import type { AgentReply, AgentRequest } from './protocol.ts';

// A program for the lab: asks Varlink services as the user and in the unit that it was started as, and reads files and
// runs programs there. One request after the other.

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

function encoded({ messages, closed }: Awaited<ReturnType<typeof askVarlink>>): AgentReply {
  return { did: 'varlink', messages: messages.map((message) => message.toString('base64')), closed };
}

async function perform(request: AgentRequest): Promise<AgentReply> {
  switch (request.do) {
    case 'varlink':
      return encoded(await askVarlink(request.path, Buffer.from(request.bytes, 'base64')));
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
