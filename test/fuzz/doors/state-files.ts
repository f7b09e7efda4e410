import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseState } from '../../../src/machine/state-file.ts';
import { DaemonProcess } from '../../support/daemon-process.ts';
import { ask } from '../../support/raw-varlink.ts';
import { type Door, door } from '../door.ts';
import { hostileText, mutatedTexts } from '../hostile.ts';
import { FUZZ_USER, temporaryDirectory } from '../temporary-directory.ts';
import { must } from '../text-door.ts';

/** The leader is nobody: that of the systemd whose file this was. */
const captured = `# This is private data. Do not parse.
NAME=m
UID=0
SCOPE=machine-m.scope
SERVICE=systemd-nspawn
ROOT=/var/lib/machines/m
ID=7a5e4b1c0d9f4f2a8f3e1c2b3a495867
LEADER=4194303
LEADER_PIDFDID=999999999
CLASS=container
REALTIME=1795279913554721
MONOTONIC=7505468117
NETIF=" 2 3"
VSOCK_CID=4294967295
`;

/** Up to forty files, by the names they have in the directory. */
type Files = readonly (readonly [name: string, text: string])[];

const keys = captured.split('\n').flatMap((line) => /^[A-Z_]+(?==)/.exec(line)?.[0] ?? []);
const assignments = fc
  .array(fc.tuple(fc.constantFrom(...keys), fc.oneof(hostileText, fc.constantFrom('"', "'", '\\', '99'))), {
    maxLength: 20,
  })
  .map((all) => all.map(([key, value]) => `${key}=${value}`).join('\n'));
const fileName = fc.oneof(
  fc.constantFrom('m', 'unit:x', '.host', '__proto__', 'constructor', 'm.example'),
  fc.stringMatching(/^[a-z]{1,20}$/),
);

export const stateFiles: Door = door<Files>({
  name: 'state-files',
  about:
    'an earlier run, another program or a failing disk leaves state files: the daemon starts, and restores nobody wrong',
  shortRuns: 5,
  survives: true,
  reaches: ['a start'],
  inputs: fc.array(fc.tuple(fileName, fc.oneof(mutatedTexts([captured]), assignments, hostileText)), {
    minLength: 10,
    maxLength: 40,
  }),
  open() {
    const directory = temporaryDirectory();
    return {
      async try(files) {
        const runtime = directory.add();
        mkdirSync(join(runtime, 'machines'));
        for (const [name, text] of files) {
          writeFileSync(join(runtime, 'machines', name), text);
          const { leader, owner = 0 } = parseState(text);
          must(
            leader === undefined || (leader.pid > 0 && Number.isSafeInteger(leader.pid)),
            `the leader is ${leader?.pid}`,
          );
          must(owner >= 0 && owner < 0xffff_ffff, `the owner is ${owner}`);
        }
        for (const path of [runtime, join(runtime, 'machines')]) chownSync(path, FUZZ_USER, FUZZ_USER);
        const daemon = await DaemonProcess.start(runtime, { uid: FUZZ_USER });
        try {
          const { parameters } = await ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: '.host' });
          must((parameters as { class?: string }).class === 'host', '.host is not there');
          const alive = await ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: 'm' });
          must('error' in alive, `a machine without a leader is there: ${JSON.stringify(alive)}`);
        } finally {
          const status = await daemon.stop();
          must(status === 0, `the daemon ended with ${status}: ${daemon.log}`);
        }
        return 'a start';
      },
      close: () => directory.remove(),
    };
  },
});
