import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BenchMachine } from '../../bench/machines.ts';
import type { Target } from '../../bench/targets/target.ts';
import { userdbByName, userdbByUid } from '../../bench/workloads/userdb.ts';
import type { Workload } from '../../bench/workloads/workload.ts';
import { serveMessages } from './message-server.ts';

const machines: BenchMachine[] = [
  { name: 'm0', leader: 1, base: 1_000_000 },
  { name: 'm1', leader: 2, base: 2_000_000 },
];
const generator = { name: 'none', command: [] };

describe('userdb workloads', () => {
  test.each([
    ['uid', userdbByUid(generator)],
    ['name', userdbByName(generator)],
  ])('by %s: a server that is wrong in one machine or in its errors is found out', async (_, workload) => {
    const right = answers(1_000_000, 2_000_000);
    expect(await differences(workload, right, right)).toBe(0);
    expect(await differences(workload, right, answers(1_000_000, 2_000_001))).toBeGreaterThan(0);
    const forgiving = (question: string) => right(question).replace('NoRecordFound', 'BadService');
    expect(await differences(workload, right, forgiving)).toBeGreaterThan(0);
  });
});

/** Answers as a userdb service with two machines at these bases does, errors for everything else. */
function answers(...bases: number[]): (question: string) => string {
  return (question) => {
    const { parameters } = JSON.parse(question) as { parameters: { uid?: number; userName?: string } };
    const [, machine, inner] = /^vu-m([01])-(\d+)$/.exec(parameters.userName ?? '') ?? [];
    const base = bases.find((first) => (parameters.uid ?? -1) >= first && (parameters.uid ?? -1) < first + 65_535);
    const found =
      machine !== undefined && Number(inner) < 65_535 ? (bases[Number(machine)] ?? 0) + Number(inner) : base;
    if (found === undefined) return '{"error":"io.systemd.UserDatabase.NoRecordFound"}';
    return JSON.stringify({
      parameters: { record: { uid: found, inner: parameters.uid && parameters.uid - (base ?? 0) } },
    });
  };
}

async function differences(
  workload: Workload,
  reference: (question: string) => string,
  candidate: (question: string) => string,
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-userdb-'));
  const servers: Server[] = [];
  const serve = async (name: string, answer: (question: string) => string): Promise<Target> => {
    mkdirSync(join(directory, name, 'userdb'), { recursive: true });
    servers.push(await serveMessages(join(directory, name, 'userdb/io.systemd.Machine'), answer));
    const bus = { socket: '/nowhere', name: 'org.example' };
    return { name, version: '1', pid: process.pid, runtimeDirectory: join(directory, name), bus };
  };
  try {
    const targets = [await serve('reference', reference), await serve('candidate', candidate)] as const;
    return (await workload.prepare(machines).compare(...targets)).length;
  } finally {
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true });
  }
}
