import type { BootedContainer } from '../../support/booted-container.ts';
import type { Lab } from '../../support/lab.ts';

/** What there is of each, and is to be there again. */
export interface ShellCounts {
  readonly descriptors: number;
  /** Of the daemon. Those that look into roots end themselves ten seconds after the last question. */
  readonly processes: number;
  /** Units of shells in the container, and processes of sessions. */
  readonly units: number;
  /** Of shells where there is no systemd: units of the host. */
  readonly services: number;
  /** Terminals of the container. */
  readonly terminals: number;
}

/** Opens many shells at once over Varlink, each over a connection of its own, as root. */
export class ManyShells {
  readonly #lab: Lab;
  readonly #container: BootedContainer;

  constructor(lab: Lab, container: BootedContainer) {
    this.#lab = lab;
    this.#container = container;
  }

  /**
   * @param how `stay`: their output is waited for, and then they are closed; `leave`: nobody waits for any answer
   * @returns for each `ready`, the name of an error, `gone` for one that was hung up, or `nothing` after 20 seconds; and
   * how many units there were while all were open
   */
  async open(machine: string, count: number, how: 'stay' | 'leave'): Promise<{ answers: string[]; running: number }> {
    const leader = `${this.#container.leader}`;
    const { stdout, stderr } = await this.#lab.run('python3', '-c', program, machine, `${count}`, how, leader);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  async counts(): Promise<ShellCounts> {
    const text = await this.#lab.shell(`
      daemon=$(systemctl show -P MainPID mymachines)
      ls /proc/$daemon/fd | wc -l
      pgrep -P $daemon | wc -l
      # logind's scopes of shells that were hung up while it put them in may stay, failed or abandoned, with nothing in
      # them, whoever opens shells: systemd misses the end of a process that was gone before it was in.
      nsenter -t ${this.#container.leader} -a sh -c '
        systemctl list-units --no-legend "container-shell@*"
        grep -ls "/session-[^/]*[.]scope" /proc/[0-9]*/cgroup' | wc -l
      ls /proc/${this.#container.leader}/root/dev/pts | wc -l
      ls -d /run/systemd/transient/mymachines-* /sys/fs/cgroup/system.slice/mymachines-shell-* 2>/dev/null | wc -l`);
    const [descriptors = NaN, processes = NaN, units = NaN, terminals = NaN, services = NaN] = text
      .trim()
      .split('\n')
      .map(Number);
    return { descriptors, processes, units, terminals, services };
  }
}

const program = `
import array, json, os, select, socket, subprocess, sys, time

machine, count, how, leader = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
parameters = {'name': machine, 'mode': 'shell', 'path': '/bin/sh', 'args': ['sh', '-c', 'echo re''ady; read line']}
request = json.dumps({'method': 'io.systemd.Machine.Open', 'parameters': parameters}).encode() + b'\\0'
connections = []
for _ in range(count):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect('/run/systemd/machine/io.systemd.Machine')
    connection.sendall(request)
    connections.append(connection)
if how == 'leave':
    # Some of them before they are read, some while they are under way.
    for number, connection in enumerate(connections):
        time.sleep(0.01 if number % 2 else 0)
        connection.close()
    print(json.dumps({'answers': [], 'running': 0}))
    sys.exit()

def answer(connection):
    connection.settimeout(20)
    try:
        text, descriptors, _, _ = socket.recv_fds(connection, 65536, 4)
    except TimeoutError:
        return 'nothing', None
    reply = json.loads(text.rstrip(b'\\0'))
    return reply.get('error', ''), descriptors[0] if descriptors else None

def listen(terminal):
    output = b''
    end = time.monotonic() + 20
    while b'ready' not in output and time.monotonic() < end:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            return 'gone'
        if not piece:
            return 'gone'
        output += piece
    return 'ready' if b'ready' in output else 'nothing'

opened = [answer(connection) for connection in connections]
answers = [error if terminal is None else listen(terminal) for error, terminal in opened]
units = ['nsenter', '-t', leader, '-a', 'systemctl', 'list-units', '--no-legend', 'container-shell@*']
running = len(subprocess.run(units, capture_output=True, text=True).stdout.splitlines())
print(json.dumps({'answers': answers, 'running': running}))
`;
