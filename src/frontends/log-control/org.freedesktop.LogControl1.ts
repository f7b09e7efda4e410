/**
 * How a service's log is looked at and changed while it runs (org.freedesktop.LogControl1(5)), as systemd 262 has it.
 */
export const description = {
  name: 'org.freedesktop.LogControl1',
  properties: {
    LogLevel: { type: 's', access: 'readwrite', emits: 'false', privileged: true },
    LogTarget: { type: 's', access: 'readwrite', emits: 'false', privileged: true },
    SyslogIdentifier: { type: 's', access: 'read', emits: 'false' },
  },
  methods: {},
  signals: {},
} as const;
