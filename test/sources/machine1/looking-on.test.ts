import { expect, it } from 'vitest';
import { lookingOn } from '../../../src/sources/machine1/looking-on.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const refused = {
  code: 'not-supported',
  message: "machine web is systemd-machined's to change: ask it, as with machinectl",
};

it.each(['register', 'create', 'unregister', 'terminate', 'kill'] as const)(
  '%s is refused, and by whom it is done is told',
  async (name) => {
    const operation = lookingOn[name] as (machine: unknown) => Promise<unknown>;
    await expect(operation(sampleMachine('web'))).rejects.toMatchObject(refused);
  },
);
