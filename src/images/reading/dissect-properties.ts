import type { UnitProperty } from '../../machine/transient-services.ts';

/** Milliseconds. A file system check is part of it. */
export const PATIENCE = 60_000;
/** Bytes that it may print: as many as all answers of one image need by far. */
export const MAXIMUM_OUTPUT: number = 1024 * 1024;

const CAP_DAC_READ_SEARCH = 1n << 2n;
const CAP_SYS_ADMIN = 1n << 21n;

/** What it does without (systemd.exec(5)). */
const WITHOUT: readonly string[] = [
  // Nothing that it mounts is for others to see.
  'PrivateMounts',
  ...['PrivateTmp', 'ProtectKernelModules', 'ProtectKernelLogs', 'ProtectClock', 'ProtectHostname'],
  ...['ProtectControlGroups', 'NoNewPrivileges', 'RestrictRealtime', 'RestrictSUIDSGID', 'LockPersonality'],
  'MemoryDenyWriteExecute',
];

/** What an image can be: any block device; and what one is made of a file by, with verity or without. */
const DEVICES: readonly (readonly [path: string, access: string])[] = [
  ['block-*', 'rw'],
  ['/dev/loop-control', 'rw'],
  ['/dev/mapper/control', 'rw'],
];

/**
 * The properties of the service that systemd-dissect is. What it reads was made by whoever made the image, so it is
 * left what attaching, mounting and reading take; with systemd 252 and 262 it then says the same as without them.
 */
export const dissectProperties: readonly UnitProperty[] = [
  // So that it is waited for.
  ['Type', { signature: 's', value: 'oneshot' }],
  ['TimeoutStartUSec', { signature: 't', value: BigInt(PATIENCE) * 1000n }],
  // From asking it to end to ending it: it has nothing to put in order that the kernel does not.
  ['TimeoutStopUSec', { signature: 't', value: 5_000_000n }],
  ['LimitFSIZE', { signature: 't', value: BigInt(MAXIMUM_OUTPUT) }],
  ['TasksMax', { signature: 't', value: 64n }],
  // What a file system makes the kernel hold for it is part of it.
  ['MemoryMax', { signature: 't', value: 512n * 1024n * 1024n }],
  // What it says is read here; and hashes that are beside an image are not asked for, as by systemd-machined.
  [
    'Environment',
    {
      signature: 'as',
      value: ['LC_ALL=C', 'SYSTEMD_LOG_TARGET=console', 'SYSTEMD_LOG_COLOR=0', 'SYSTEMD_DISSECT_VERITY_SIDECAR=0'],
    },
  ],
  ...WITHOUT.map((name): UnitProperty => [name, { signature: 'b', value: true }]),
  ['ProtectSystem', { signature: 's', value: 'strict' }],
  ['ProtectHome', { signature: 's', value: 'read-only' }],
  ['ProtectProc', { signature: 's', value: 'invisible' }],
  ['DevicePolicy', { signature: 's', value: 'closed' }],
  ['DeviceAllow', { signature: 'a(ss)', value: DEVICES }],
  ['CapabilityBoundingSet', { signature: 't', value: CAP_SYS_ADMIN | CAP_DAC_READ_SEARCH }],
  ['RestrictAddressFamilies', { signature: '(bas)', value: [true, ['AF_UNIX', 'AF_NETLINK', 'AF_ALG']] }],
  ['SystemCallArchitectures', { signature: 'as', value: ['native'] }],
  ['SystemCallFilter', { signature: '(bas)', value: [true, ['@system-service', '@mount']] }],
  ['SystemCallErrorNumber', { signature: 'i', value: 1 }],
];
