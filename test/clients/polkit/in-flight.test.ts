import { expect, it } from 'vitest';
import { InFlight } from '../../../src/clients/polkit/in-flight.ts';

const never = () => new Promise<never>(() => {});
const tooMany = { code: 'limits-exceeded' };

it('refuses what is too much for a user, and lets other users ask', async () => {
  const inFlight = new InFlight(2, 100);
  void inFlight.count(1000, never);
  void inFlight.count(1000, never);
  await expect(inFlight.count(1000, never)).rejects.toMatchObject(tooMany);
  expect(await inFlight.count(1001, async () => 'answer')).toBe('answer');
});

it('refuses what is too much in all', async () => {
  const inFlight = new InFlight(2, 3);
  for (const uid of [1, 2, 3]) void inFlight.count(uid, never);
  await expect(inFlight.count(4, never)).rejects.toMatchObject(tooMany);
});

it('counts no more what has ended, well or not', async () => {
  const inFlight = new InFlight(1, 1);
  for (let round = 0; round < 3; round++) {
    expect(await inFlight.count(1, async () => round)).toBe(round);
    await expect(inFlight.count(1, () => Promise.reject(new Error('trouble')))).rejects.toThrow('trouble');
  }
});
