import { closeSync, readSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MachineTerminals } from '../../../src/inside/terminals/terminals.ts';
import { openPseudoTerminal } from '../../../src/linux/pseudo-terminal.ts';
import { RootDirectory } from '../../../src/linux/root-directory.ts';
import { MachineError } from '../../../src/machine/errors.ts';
import type { NumberedTerminal, TerminalUnits } from '../../../src/machine/terminal-units.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const caller = { uid: 0 };
const machine = sampleMachine('c1');
let before: Map<number, string>;
beforeEach(() => {
  before = openDescriptors();
});
afterEach(() => expect(openDescriptors()).toEqual(before));

/** Terminals of this host, and a service manager that is told by the test what to do. */
function terminals(units: Partial<TerminalUnits>): MachineTerminals {
  const unexpected = () => Promise.reject(new Error('not expected'));
  return new MachineTerminals({
    openTerminal: async () => {
      const root = RootDirectory.ofPath('/');
      try {
        return openPseudoTerminal(root);
      } finally {
        root.close();
      }
    },
    units: { startLogin: unexpected, startShell: unexpected, ...units },
  });
}

describe('a terminal of a machine', () => {
  it('is opened, and called as it is inside', async () => {
    const { descriptor, path } = await terminals({}).open(machine, caller);
    expect(path).toMatch(/^\/dev\/pts\/\d+$/);
    closeSync(descriptor);
  });

  it('gets a login prompt by its number', async () => {
    const asked: number[] = [];
    const startLogin = async (_: unknown, { number }: NumberedTerminal) => void asked.push(number);
    const { descriptor, path } = await terminals({ startLogin }).login(machine, caller);
    expect(path).toBe(`/dev/pts/${asked[0]}`);
    closeSync(descriptor);
  });

  it('gets a shell, whose side is the other one', async () => {
    let peer = -1;
    const startShell = async (_: unknown, terminal: NumberedTerminal) => {
      peer = terminal.openPeer();
    };
    const { descriptor } = await terminals({ startShell }).shell(machine, { environment: [] }, caller);
    writeSync(descriptor, 'typed\n');
    const buffer = Buffer.alloc(10);
    expect(buffer.toString('utf8', 0, readSync(peer, buffer))).toBe('typed\n');
    closeSync(peer);
    closeSync(descriptor);
  });

  it('is closed when nothing can be started on it, and when the caller has left meanwhile', async () => {
    const refuse = () => Promise.reject(new MachineError('no-ipc', 'There is no system bus in container c1.'));
    const failing = terminals({ startLogin: refuse, startShell: refuse });
    await expect(failing.login(machine, caller)).rejects.toMatchObject({ code: 'no-ipc' });
    await expect(failing.shell(machine, { environment: [] }, caller)).rejects.toMatchObject({ code: 'no-ipc' });
    const left = new AbortController();
    const startLogin = async () => left.abort();
    await expect(terminals({ startLogin }).login(machine, { uid: 0, left: left.signal })).rejects.toThrow();
  });
});
