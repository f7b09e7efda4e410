/**
 * One image (org.freedesktop.machine1(5)): names, order and annotations as systemd 262 introspects them. Its
 * arguments have no names.
 */
export const description = {
  name: 'org.freedesktop.machine1.Image',
  properties: {
    Name: { type: 's', emits: 'false' },
    Path: { type: 's', emits: 'false' },
    Type: { type: 's', emits: 'false' },
    ReadOnly: { type: 'b', emits: 'false' },
    CreationTimestamp: { type: 't', emits: 'false' },
    ModificationTimestamp: { type: 't', emits: 'false' },
    Usage: { type: 't', emits: 'false' },
    Limit: { type: 't', emits: 'false' },
    UsageExclusive: { type: 't', emits: 'false' },
    LimitExclusive: { type: 't', emits: 'false' },
  },
  methods: {
    Remove: { in: {}, out: {} },
    Rename: { in: { 0: 's' }, out: {} },
    Clone: { in: { 0: 's', 1: 'b' }, out: {} },
    MarkReadOnly: { in: { 0: 'b' }, out: {} },
    SetLimit: { in: { 0: 't' }, out: {} },
    GetHostname: { in: {}, out: { 0: 's' } },
    GetMachineID: { in: {}, out: { 0: 'ay' } },
    GetMachineInfo: { in: {}, out: { 0: 'a{ss}' } },
    GetOSRelease: { in: {}, out: { 0: 'a{ss}' } },
  },
  signals: {},
} as const;
