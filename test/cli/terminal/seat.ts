import type { Lab } from '../../support/lab.ts';

/** Something that somebody at a terminal does: waits for a text, then types, or makes the window another size. */
export interface Step {
  /** What is to have come, as a regular expression, since the step before. */
  readonly after: string;
  readonly type?: string;
  /** Rows and columns. */
  readonly resize?: readonly [number, number];
  /** Seconds to wait before. */
  readonly pause?: number;
  /** A signal for the program. */
  readonly signal?: number;
}

/** What came of it. */
export interface Sitting {
  /** What the terminal showed. */
  readonly shown: string;
  /** Of the program; negative: the signal that ended it. Undefined: it did not end. */
  readonly status?: number;
  /** Whether keys are echoed and lines edited again (termios(3), ECHO and ICANON), as before. */
  readonly restored: boolean;
  /** The step that was waited for in vain. */
  readonly stuck?: number;
}

/** Runs a program in the lab on a terminal of its own, with 24 lines of 80 characters, and somebody who sits at it. */
export async function sitAt(lab: Lab, command: readonly string[], steps: readonly Step[]): Promise<Sitting> {
  const { stdout, stderr } = await lab.run('python3', '-c', SEAT, JSON.stringify({ command, steps }));
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Sitting;
}

/** With Python's pty, which both sides of this take from the system. */
const SEAT = `
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time
asked = json.loads(sys.argv[1])
master, slave = pty.openpty()
size = lambda rows, columns: fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
size(24, 80)
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.environ['TERM'] = 'xterm'
    os.execvp(asked['command'][0], asked['command'])
shown, seen, status = '', 0, None
def look(until):
    global shown, status
    while time.monotonic() < until:
        if select.select([master], [], [], 0.05)[0]: shown += os.read(master, 65536).decode(errors='replace'); return True
        ended, how = os.waitpid(pid, os.WNOHANG) if status is None else (0, 0)
        if ended: status = os.waitstatus_to_exitcode(how); return False
    return False
stuck = None
for number, step in enumerate(asked['steps']):
    limit = time.monotonic() + 20
    while True:
        found = re.search(step['after'], shown[seen:], re.S)
        if found or time.monotonic() > limit or status is not None: break
        look(limit)
    if not found: stuck = number; break
    seen += found.end()
    if 'pause' in step: look(time.monotonic() + step['pause']); time.sleep(step['pause'])
    if 'resize' in step: size(*step['resize']); os.kill(pid, signal.SIGWINCH)
    if 'type' in step: os.write(master, step['type'].encode())
    if 'signal' in step: os.kill(pid, step['signal'])
limit = time.monotonic() + (10 if stuck is None else 0)
while status is None and time.monotonic() < limit: look(limit)
while select.select([master], [], [], 0.05)[0]: shown += os.read(master, 65536).decode(errors='replace')
flags = termios.ECHO | termios.ICANON | termios.ISIG
restored = (termios.tcgetattr(slave)[3] & flags) == (before[3] & flags)
if status is None: os.kill(pid, 9); os.waitpid(pid, 0)
print(json.dumps({'shown': shown, 'status': status, 'restored': restored, **({} if stuck is None else {'stuck': stuck})}))
`;
