/**
 * What is loaded into the daemon to count its timers: with each SIGUSR2 it writes on its standard error how many there
 * are that have yet to fire, as `timers N`.
 */
export function timerProbe(): string {
  return `--import=data:text/javascript,${encodeURIComponent(`(${countTimers})()`)}`;
}

// Its text is run in another process, and so it may use nothing from here.
function countTimers(): void {
  const timers = new Set<NodeJS.Timeout & { readonly _destroyed?: boolean }>();
  for (const kind of ['setTimeout', 'setInterval'] as const) {
    const original = globalThis[kind];
    const counting = (...parameters: [() => void, number]): NodeJS.Timeout => {
      const timer = original(...parameters);
      timers.add(timer);
      return timer;
    };
    Object.defineProperty(globalThis, kind, { value: Object.assign(counting, original) });
  }
  process.on('SIGUSR2', () => {
    for (const timer of timers) if (timer._destroyed === true) timers.delete(timer);
    process.stderr.write(`timers ${timers.size}\n`);
  });
}
