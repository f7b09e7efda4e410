import { describe, expect, it } from 'vitest';
import { Log } from '../../../src/daemon/log/log.ts';
import { logHoldUp } from '../../../src/daemon/log/log-hold-up.ts';

describe('what is logged of a hold-up', () => {
  it('is a warning only when it was our own work, and much', () => {
    let text = '';
    const log = new Log(7, (line) => (text += line), true);
    logHoldUp(log, { by: 'netlink', milliseconds: 87.4, processor: 80.1 });
    logHoldUp(log, { by: 'timers or promises, after netlink', milliseconds: 900, processor: 12 });
    logHoldUp(log, { by: 'io.systemd.Machine.List', milliseconds: 700.6, processor: 500 });
    expect(text).toBe(
      '<6>held up by=netlink ms=87 processor=80\n' +
        '<6>held up by="timers or promises, after netlink" ms=900 processor=12\n' +
        '<4>held up by=io.systemd.Machine.List ms=701 processor=500\n',
    );
  });
});
