import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { check, declare, lastErrno } from '../../../src/linux/libc.ts';
import { LITTLE_ENDIAN } from '../../../src/linux/netlink/attributes.ts';
import { getLink } from '../../../src/linux/netlink/link.ts';
import { MessageWriter } from '../../../src/linux/netlink/message.ts';
import { NetlinkMonitor, type NetworkEvent } from '../../../src/linux/netlink/monitor.ts';
import { namespaceIdOf, RTM_DELNSID } from '../../../src/linux/netlink/namespace-id.ts';
import { RouteSocket } from '../../../src/linux/netlink/route-socket.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a monitor of all network namespaces', () => {
  let loop: EventLoop;
  let socket: RouteSocket;
  let monitor: NetlinkMonitor | undefined;
  const events: NetworkEvent[] = [];
  const start = (receiveBuffer?: number) => {
    monitor = new NetlinkMonitor(loop, (event) => events.push(event), receiveBuffer);
  };
  const about = (namespace: number) => events.filter((event) => 'namespace' in event && event.namespace === namespace);
  // Here is heard only what these tests do, whatever else happens on this machine: its events fill queues, too.
  let machine: number;
  beforeAll(() => {
    machine = openSync('/proc/self/ns/net', 'r');
    check(unshare(CLONE_NEWNET), 'unshare');
  });
  beforeEach(() => {
    loop = new EventLoop();
    socket = new RouteSocket();
    events.length = 0;
  });
  afterEach(() => {
    monitor?.close();
    socket.close();
    loop.close();
  });
  afterAll(async () => {
    await stopAllContainers();
    check(setns(machine, CLONE_NEWNET), 'setns');
    closeSync(machine);
  });

  test('hears of addresses and interfaces in a namespace once it has an id, and of its end', async () => {
    const container = await startContainer({ addresses: [] });
    const namespace = namespaceIdOf(socket, container.pid);
    start();
    await container.exec('ip', 'address', 'add', '10.1.1.1/24', 'dev', 'host0');
    await container.exec('ip', 'link', 'set', 'host0', 'name', 'eth0');
    // That the veth pair went up is told late, and may come before these.
    const renamed = (event: NetworkEvent) => event.kind === 'link' && event.link.name === 'eth0';
    await vi.waitFor(() => expect(about(namespace).some(renamed)).toBe(true));
    expect(about(namespace)).toContainEqual({ kind: 'address', namespace });
    const link = getLink(socket, namespace, 2);
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'link',
        namespace,
        removed: false,
        link: expect.objectContaining({ name: 'eth0', peerIndex: link?.peerIndex }),
      }),
    );
    events.length = 0;
    await container.stop();
    const ours = [undefined, namespaceIdOf(socket, process.pid)];
    const isEnd = (event: NetworkEvent) =>
      event.kind === 'namespace-gone' && event.id === namespace && ours.includes(event.namespace);
    await vi.waitFor(() => expect(events.some(isEnd)).toBe(true), 5000);
  });

  test('says so once when events were lost, after everything old is read, and then hears all again', async () => {
    const container = await startContainer({ addresses: [] });
    const namespace = namespaceIdOf(socket, container.pid);
    start(4096);
    // Two hundred changes while this process does not read.
    const lines = Array.from({ length: 200 }, (_, index) => `address add 10.2.0.${index}/32 dev host0`);
    runWithoutReading(container.pid, lines);
    await vi.waitFor(() => expect(events).toContainEqual({ kind: 'overrun' }));
    expect(events.filter(({ kind }) => kind === 'overrun')).toHaveLength(1);
    expect(about(namespace).length).toBeLessThan(200);
    const last = about(namespace).at(-1) as NetworkEvent;
    expect(events.indexOf(last)).toBeLessThan(events.findIndex(({ kind }) => kind === 'overrun'));
    events.length = 0;
    await container.exec('ip', 'address', 'add', '10.3.0.1/32', 'dev', 'host0');
    await vi.waitFor(() => expect(about(namespace)).toEqual([{ kind: 'address', namespace }]));
  });

  test('closed by the receiver of an event it is silent at once', async () => {
    const container = await startContainer();
    namespaceIdOf(socket, container.pid);
    monitor = new NetlinkMonitor(loop, (event) => {
      events.push(event);
      monitor?.close();
    });
    runWithoutReading(container.pid, ['address add 10.4.0.1/32 dev lo', 'address add 10.4.0.2/32 dev lo']);
    await vi.waitFor(() => expect(events).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toHaveLength(1);
  });

  test('what another process sends counts for nothing, to the group or to the socket', async () => {
    const container = await startContainer();
    const namespace = namespaceIdOf(socket, container.pid);
    start();
    const forged = new MessageWriter(RTM_DELNSID, 0).zeros(4).number(NETNSA_NSID, namespace).finish(0);
    expect(sendAs({ group: RTNLGRP_NSID }, forged)).toBe(forged.length);
    expect(sendAs({ port: portOf(RTNLGRP_NSID) }, forged)).toBe(-ECONNREFUSED);
    await container.exec('ip', 'address', 'add', '10.5.0.1/32', 'dev', 'lo');
    await vi.waitFor(() => expect(about(namespace)).toEqual([{ kind: 'address', namespace }]));
    expect(events).not.toContainEqual(expect.objectContaining({ kind: 'namespace-gone', id: namespace }));
  });
});

// Both move the calling thread, and with it the processes that it starts from then on.
const unshare = declare('int unshare(int flags)');
const setns = declare('int setns(int fd, int type)');
const CLONE_NEWNET = 0x40000000;
const NETNSA_NSID = 1;
const RTNLGRP_NSID = 28;
const ECONNREFUSED = 111;

/** Changes a network while this process is not reading events. */
function runWithoutReading(pid: number, commands: readonly string[]): void {
  execFileSync('nsenter', ['-t', `${pid}`, '-n', '--', 'ip', '-batch', '-'], { input: commands.join('\n') });
}

/** Sends to rtnetlink's listeners as any other privileged process may; the result of sendto(2), or minus errno. */
function sendAs({ group = 0, port = 0 }: { group?: number; port?: number }, bytes: Uint8Array): number {
  const fd = check(declare('int socket(int domain, int type, int protocol)')(16, 3, 0), 'socket');
  const address = new DataView(new ArrayBuffer(12));
  address.setUint16(0, 16, LITTLE_ENDIAN);
  address.setUint32(4, port, LITTLE_ENDIAN);
  address.setUint32(8, group === 0 ? 0 : 1 << (group - 1), LITTLE_ENDIAN);
  const sendto = declare(
    'long sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t size)',
  );
  const sent = sendto(fd, bytes, bytes.length, 0, new Uint8Array(address.buffer), 12);
  const result = sent < 0 ? -lastErrno() : sent;
  closeSync(fd);
  return result;
}

/** The port of the rtnetlink socket that listens to a group: /proc/net/netlink has Eth, Pid and Groups in columns 2 to 4. */
function portOf(group: number): number {
  const rows = readFileSync('/proc/net/netlink', 'utf8')
    .split('\n')
    .map((line) => line.split(/ +/));
  const row = rows.find(
    ([, protocol, , groups]) => protocol === '0' && Number.parseInt(groups ?? '', 16) & (1 << (group - 1)),
  );
  return Number(row?.[2]);
}
