import type { Lab } from './lab.ts';

/** What whoever sits at a terminal does next. */
export type TerminalStep =
  /** Waits until this is shown, of what has been shown since the last step; gives up after ten seconds. */
  | { readonly wait: string }
  /** Types. */
  | { readonly type: string }
  /** Makes the window another: rows and columns. */
  | { readonly resize: readonly [number, number] };

/** What was shown, and how the program ended. */
export interface TerminalSession {
  readonly shown: string;
  /** Exit status; 128 plus its number when a signal ended it, which is 9 where it did not end within ten seconds. */
  readonly status: number;
}

/** Runs a program, in a lab or wherever `lab` runs programs, on a terminal of its own, of 24 rows and 80 columns, and somebody who does these steps. */
export async function onTerminal(
  lab: Pick<Lab, 'run'>,
  command: readonly string[],
  steps: readonly TerminalStep[] = [],
): Promise<TerminalSession> {
  const { stdout, stderr } = await lab.run('python3', '-c', program, JSON.stringify({ command, steps }));
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as TerminalSession;
}

const program = `
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

given = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.environ['TERM'] = 'vt220'
    os.execvp(given['command'][0], given['command'])

shown = b''
over = False

def take(seconds):
    global shown, over
    ready, _, _ = select.select([terminal], [], [], seconds)
    if not ready:
        return
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        piece = b''
    shown += piece
    over = piece == b''

seen = 0
for step in given['steps']:
    end = time.monotonic() + 10
    if 'wait' in step:
        wanted = step['wait'].encode()
        while not over and wanted not in shown[seen:] and time.monotonic() < end:
            take(0.2)
        if wanted not in shown[seen:]:
            shown += b'\\n(never shown: ' + wanted + b')\\n'
            break
        seen = shown.index(wanted, seen) + len(wanted)
    elif 'type' in step:
        os.write(terminal, step['type'].encode())
    else:
        rows, columns = step['resize']
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

end = time.monotonic() + 10
while not over and time.monotonic() < end:
    take(0.2)
if not over:
    os.kill(child, signal.SIGKILL)
_, status = os.waitpid(child, 0)
status = os.waitstatus_to_exitcode(status)
print(json.dumps({'shown': shown.decode(errors='replace'), 'status': 128 - status if status < 0 else status}))
`;
