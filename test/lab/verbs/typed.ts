/**
 * A program (Python) that runs a command on a terminal of 40 lines and 100 columns, as `typed COMMAND [EXPECT SEND] …`:
 * what is to be sent is sent when what is to be expected has come. Prints all, and ends with the command's status.
 */
export const typedProgram = `
import fcntl, os, pty, select, struct, sys, termios
command, *exchanges = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('4H', 40, 100, 0, 0))
    os.execvp('bash', ['bash', '-c', command])
seen = b''
def more():
    global seen
    ready, _, _ = select.select([terminal], [], [], 20)
    if not ready:
        print(seen.decode(errors='replace')); print('nothing came for 20 seconds'); os.kill(pid, 9); sys.exit(124)
    try:
        text = os.read(terminal, 65536)
    except OSError:
        text = b''
    seen += text
    return text != b''
at = 0
for expect, send in zip(exchanges[::2], exchanges[1::2]):
    while seen.find(expect.encode(), at) < 0 and more(): pass
    at = len(seen)
    os.write(terminal, send.encode().decode('unicode_escape').encode())
while more(): pass
sys.stdout.write(seen.decode(errors='replace').replace('\\r', ''))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
