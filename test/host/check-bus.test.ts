import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModules } from '../support/build.ts';
import { labUnavailable } from '../support/lab.ts';
import { CheckedLab, mymachines } from './checked-lab.ts';
import { toldInTheLab } from './told-in-the-lab.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const NAME = 'org.freedesktop.machine1';

/** Takes the name on the bus, and keeps it. */
const owner = `node --input-type=module -e "
import { parseBusAddress } from '/project/build/check-bus/dbus/connection/address.js';
import { Bus } from '/project/build/check-bus/dbus/connection/bus.js';
import { EventLoop } from '/project/build/check-bus/linux/event-loop.js';
import { connectUnix } from '/project/build/check-bus/linux/unix-connect.js';
const loop = new EventLoop();
const addresses = parseBusAddress('unix:path=/run/dbus/system_bus_socket');
const bus = await Bus.connect({ addresses, connect: (address) => connectUnix(loop, address) });
await bus.requestName('${NAME}');
" </dev/null >/dev/null 2>&1 & echo $! >/run/owner
until busctl status ${NAME} >/dev/null 2>&1; do sleep .05; done`;

describe.skipIf(unavailable !== undefined)('mymachines check and the bus', { timeout: 60_000 }, () => {
  let host: CheckedLab;

  beforeAll(async () => {
    compileModules('check-bus');
    host = await CheckedLab.up();
    await host.shell(`systemctl mask --now systemd-machined.service systemd-machined.socket
${mymachines} install >/dev/null
mkdir -p /run/systemd/system/mymachines.service.d
printf '[Service]\\nExecStart=\\nExecStart=${mymachines} serve --bus=none\\n' >/run/systemd/system/mymachines.service.d/bus.conf
systemctl daemon-reload
systemctl start mymachines.socket mymachines.service systemd-resolved`);
  }, 60_000);
  afterAll(() => host?.down());

  it('tells that nobody has the name, and another would be started for it', async () => {
    expect(await host.wrong()).toEqual(['bus_other_starts']);
  });

  it('tells that nobody has it', async () => {
    const file = `/usr/share/dbus-1/system-services/${NAME}.service`;
    const reload = 'busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig';
    await host.during(`mv ${file} /run/kept; ${reload}`, `mv /run/kept ${file}; ${reload}`, async () => {
      expect(await host.wrong()).toEqual(['bus_free']);
    });
  });

  it('tells that somebody else has it', async () => {
    await host.during(owner, 'kill $(cat /run/owner)', async () => {
      const what = /^node \(PID \d+\) has org\.freedesktop\.machine1, and not this mymachines \(PID \d+\)$/;
      expect((await host.line('bus_other'))?.what).toMatch(what);
    });
  });

  it('tells that there is no bus', async () => {
    await host.during(
      'systemctl stop dbus.socket dbus.service',
      'systemctl start dbus.socket dbus.service',
      async () => {
        expect(await host.wrong()).toContain('bus_absent');
      },
    );
  });

  it('has told of all of that', () => host.expectSeen(toldInTheLab.bus));
});
