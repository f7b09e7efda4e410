import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/machine/event-queue.ts';

interface Numbered {
  readonly number: number;
}

describe('the event queue', () => {
  it('tells every listener each event before the next, also of events that a listener publishes', () => {
    const queue = new EventQueue<Numbered>();
    const told: string[] = [];
    queue.subscribe(({ number }) => {
      told.push(`first ${number}`);
      if (number < 3) queue.publish({ number: number + 1 });
    });
    queue.subscribe(({ number }) => told.push(`second ${number}`));
    queue.publish({ number: 1 });
    expect(told).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'first 3', 'second 3']);
  });

  it('tells the others when a listener throws, then hands over what was thrown', () => {
    const errors: unknown[] = [];
    const queue = new EventQueue<Numbered>((error) => errors.push(error));
    const told: number[] = [];
    const fault = new Error('listener at fault');
    queue.subscribe(() => {
      throw fault;
    });
    queue.subscribe(({ number }) => {
      expect(errors.length).toBe(number - 1);
      told.push(number);
    });
    queue.publish({ number: 1 });
    queue.publish({ number: 2 });
    expect(told).toEqual([1, 2]);
    expect(errors).toEqual([fault, fault]);
  });

  it('throws a listener’s error again, outside the publisher’s stack, when nobody takes it', async () => {
    const fault = new Error('listener at fault');
    const caught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other);
        resolve(error);
      });
    });
    const queue = new EventQueue<Numbered>();
    queue.subscribe(() => {
      throw fault;
    });
    expect(() => queue.publish({ number: 1 })).not.toThrow();
    expect(await caught).toBe(fault);
  });

  it('tells who subscribes of later events only, and who unsubscribes of none', () => {
    const queue = new EventQueue<Numbered>();
    const late: number[] = [];
    const left: number[] = [];
    const leave = queue.subscribe(({ number }) => {
      left.push(number);
      if (number === 1) {
        queue.publish({ number: 2 });
        queue.subscribe(({ number: told }) => late.push(told));
        queue.publish({ number: 3 });
      } else if (number === 2) leave();
    });
    queue.publish({ number: 1 });
    expect(left).toEqual([1, 2]);
    expect(late, 'what was published before it subscribed, it can see').toEqual([3]);
  });

  it('does not tell a listener that another has just unsubscribed', () => {
    const queue = new EventQueue<Numbered>();
    const told: string[] = [];
    queue.subscribe(() => leave());
    const leave = queue.subscribe(() => told.push('unsubscribed'));
    queue.publish({ number: 1 });
    expect(told).toEqual([]);
  });
});
