/**
 * Shows on a terminal for how long something has been going on, from the first second on, in a line that goes again.
 * How much is done nobody tells: io.systemd.Machine has one reply, at the end. Gives what ends it.
 */
export function showElapsed(stream: NodeJS.WriteStream, doing: string): () => void {
  if (!stream.isTTY) return () => {};
  const begun = performance.now();
  let shown = false;
  const timer = setInterval(() => {
    shown = true;
    stream.write(`\r${doing} for ${Math.round((performance.now() - begun) / 1000)} s …`);
  }, 1000);
  return () => {
    clearInterval(timer);
    if (shown) stream.write('\r\u001b[K');
  };
}
