import { expect, it } from 'vitest';
import { readAccounts } from '../../src/daemon/accounts.ts';
import { Log } from '../../src/daemon/log/log.ts';
import { MachineError } from '../../src/machine/errors.ts';
import { Registry } from '../../src/machine/registry.ts';
import { sampleMachine } from '../machine/sample-machine.ts';

it('says in the log, to who wants to know all, which accounts were not read', async () => {
  const registry = new Registry();
  registry.add(sampleMachine('web'));
  const lines: string[] = [];
  const roots = { accounts: () => Promise.reject(new MachineError('not-available', 'web does not show its files')) };
  const accounts = readAccounts({ registry, roots, log: new Log(7, (line) => lines.push(line), false) });
  await expect.poll(() => lines.join('')).toMatch(/accounts not read.*name=web.*web does not show its files/);
  accounts.close();
});
