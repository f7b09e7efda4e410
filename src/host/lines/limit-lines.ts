import { type HostLine, lineMaker } from '../check-line.ts';
import type { ServiceFacts } from '../host-facts.ts';

/** What can be said of limits of the service and of the kernel. */
export const limitKinds = {
  limits_far: 'ok',
  descriptors_near: 'warn',
  kernel_old: 'warn',
} as const;

const line = lineMaker('limits', limitKinds);

/** What part of the descriptors may be in use without a word. */
const NEAR = 0.75;

/** How far the limits are. Of what is not looked at any more in single machines the registry tells. */
export function limitLines(service: ServiceFacts | undefined, kernel: string): HostLine[] {
  const lines: HostLine[] = [];
  if (service !== undefined) {
    const { openDescriptors: open, descriptorLimit: limit } = service;
    const used = `${open} of ${limit} descriptors of the service are in use`;
    if (open < NEAR * limit) lines.push(line('limits_far', used));
    else lines.push(line('descriptors_near', used, 'raise LimitNOFILE= of its unit (systemd.exec(5))'));
  }
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  if (major < 6 || (major === 6 && minor < 9)) {
    const text = `Linux ${kernel} cannot tell a process from a later one of the same number in every case`;
    lines.push(line('kernel_old', text, 'Linux 6.9 or later can'));
  }
  return lines;
}
