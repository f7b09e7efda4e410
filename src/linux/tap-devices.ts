import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Process } from './process.ts';

/**
 * The names of the TUN and TAP devices that a process has open, each once: what a hypervisor's guest is connected by.
 * They are in the network namespace that the device was made in, as a rule the process's own.
 * Throws a SystemError ESRCH when it has ended, EACCES where we may not look (ptrace(2), PTRACE_MODE_READ).
 */
export function tapDevicesOf(process: Process): readonly string[] {
  return process.inspect((directory) => {
    const names = new Set<string>();
    for (const fd of readdirSync(`${directory}/fd`).slice(0, MAXIMUM_DESCRIPTORS)) {
      try {
        if (!readlinkSync(`${directory}/fd/${fd}`).endsWith('/net/tun')) continue;
        // tun_chr_show_fdinfo in drivers/net/tun.c
        const name = /^iff:\t(.+)$/m.exec(readFileSync(`${directory}/fdinfo/${fd}`, 'utf8'))?.[1];
        if (name !== undefined && name !== '') names.add(name);
      } catch (error) {
        // Closed meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    return [...names];
  });
}

// As many are looked at; a hypervisor has some hundred.
const MAXIMUM_DESCRIPTORS = 4096;
