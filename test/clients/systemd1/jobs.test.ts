import { expect, it } from 'vitest';
import { Jobs } from '../../../src/clients/systemd1/jobs.ts';

it('gives the result of the job, whenever it is told', async () => {
  const jobs = new Jobs();
  const late = jobs.run(async () => '/job/1', 1000);
  const early = jobs.run(async () => {
    jobs.ended('/job/2', 'failed');
    return '/job/2';
  }, 1000);
  jobs.ended('/job/3', 'done');
  await Promise.resolve();
  jobs.ended('/job/1', 'done');
  expect([await late, await early]).toEqual(['done', 'failed']);
});

it('has no result for one that does not end in time, or when nothing is heard any more', async () => {
  const jobs = new Jobs();
  expect(await jobs.run(async () => '/job/1', 20)).toBeUndefined();
  const waiting = jobs.run(async () => '/job/2', 10_000);
  await Promise.resolve();
  jobs.lost();
  expect(await waiting).toBeUndefined();
  const before = jobs.run(async () => {
    jobs.lost();
    return '/job/3';
  }, 10_000);
  expect(await before).toBeUndefined();
});

it('passes on that a job could not be begun', async () => {
  await expect(new Jobs().run(() => Promise.reject(new Error('no')), 1000)).rejects.toThrow('no');
});
