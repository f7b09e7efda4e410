/**
 * Whether it is a target that org.freedesktop.LogControl1 can speak of (systemd(1), `--log-target=`, as 262 has it).
 */
export function isLogTarget(text: string): boolean {
  return targets.includes(text);
}

const targets = [
  'console',
  'console-prefixed',
  'kmsg',
  'journal',
  'journal-or-kmsg',
  'syslog',
  'syslog-or-kmsg',
  'auto',
  'null',
];
