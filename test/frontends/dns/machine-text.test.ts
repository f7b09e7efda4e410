import { afterEach, describe, expect, it, vi } from 'vitest';
import { MachineTexts } from '../../../src/frontends/dns/machine-text.ts';
import { MachineError } from '../../../src/machine/errors.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const settled = () => new Promise(setImmediate);

describe('what is told of a machine as text', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is its class, its service, and its system as soon as that was read', async () => {
    const registry = new Registry();
    const web = sampleMachine('web', { service: 'systemd-nspawn' });
    registry.add(web);
    const asked: string[] = [];
    const osRelease = async ({ name }: Machine) => {
      asked.push(name);
      return ['NAME=Debian GNU/Linux', 'VERSION_ID=12', 'ID=debian', 'PRETTY_NAME=x'];
    };
    const texts = new MachineTexts(registry, { osRelease });
    const vm = sampleMachine('vm', { class: 'vm' });
    registry.add(vm);
    expect(texts.of(web)).toEqual(['class=container', 'service=systemd-nspawn']);
    await settled();
    expect(texts.of(web)).toEqual(['class=container', 'service=systemd-nspawn', 'os=debian', 'os-version=12']);
    expect(texts.of(vm)).toEqual(['class=vm']);
    expect(asked).toEqual(['web']);
    texts.close();
    registry.add(sampleMachine('late'));
    expect(asked).toEqual(['web']);
  });

  it('is not that of an earlier machine of the name', async () => {
    const registry = new Registry();
    const answers: ((fields: string[]) => void)[] = [];
    const texts = new MachineTexts(registry, { osRelease: () => new Promise((resolve) => answers.push(resolve)) });
    const first = sampleMachine('web');
    registry.add(first);
    registry.remove(first.name);
    const second = sampleMachine('web');
    registry.add(second);
    answers[0]?.(['ID=old']);
    await settled();
    expect(texts.of(second)).toEqual(['class=container']);
    answers[1]?.(['ID=new']);
    await settled();
    expect(texts.of(second)).toEqual(['class=container', 'os=new']);
  });

  it('is asked for again where a machine did not show its files in time, and not where it has none', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const registry = new Registry();
    const counts = { busy: 0, bare: 0 };
    const texts = new MachineTexts(registry, {
      osRelease: async ({ name }) => {
        counts[name as unknown as 'busy' | 'bare']++;
        if (name.startsWith('bare')) throw new MachineError('no-os-release-information', 'none');
        if (counts.busy === 1) throw new MachineError('not-available', 'busy');
        return ['ID=debian'];
      },
    });
    const [busy, bare] = [sampleMachine('busy'), sampleMachine('bare')];
    registry.add(busy);
    registry.add(bare);
    await settled();
    for (const time of [0, 1000, 6000, 12_000]) {
      vi.advanceTimersByTime(time);
      texts.of(busy);
      texts.of(bare);
      await settled();
    }
    expect(counts).toEqual({ busy: 2, bare: 1 });
    expect(texts.of(busy)).toEqual(['class=container', 'os=debian']);
  });
});
