import type { ChildProcess } from 'node:child_process';
import type { Lab } from '../../support/lab.ts';

/** What came of opening a shell. */
export interface HostileOutcome {
  /** What clients are told. */
  readonly error: string;
  readonly seconds: number;
}

interface BareOptions {
  readonly hostUsers?: boolean;
  readonly unfiltered?: boolean;
  readonly withoutLogin?: boolean;
}

const kinds = ['closing', 'silent', 'garbage', 'mute', 'flood', 'descriptors', 'huge'] as const;

/** Containers, each with a program in the place of its system bus that is hostile in a way of its own. */
export class HostileBuses {
  readonly #lab: Lab;
  readonly #servers: readonly ChildProcess[];

  private constructor(lab: Lab, servers: readonly ChildProcess[]) {
    this.#lab = lab;
    this.#servers = servers;
  }

  /**
   * A container in which nothing runs but sleep(1), and so has no bus. Its users are its own, its system calls
   * filtered, and there is a login(1), unless that is said.
   */
  static async startContainer(
    lab: Lab,
    name: string,
    { hostUsers = false, unfiltered = false, withoutLogin = false }: BareOptions = {},
  ): Promise<number> {
    const leader = await lab.shell(`
      tree=/var/lib/machines/${name}
      mkdir -p $tree/usr/lib $tree/{etc,var,dev,proc,sys,run,tmp,root}
      cp /usr/lib/os-release $tree/usr/lib/
      for link in bin sbin lib lib64; do if [[ -e /usr/$link ]]; then ln -s usr/$link $tree/$link; fi; done
      if ${withoutLogin}; then rm $tree/bin; mkdir $tree/bin; ln -s ../usr/bin/sh $tree/bin/sh; fi
      ln -s /run $tree/var/run
      systemd-run --quiet --collect --unit=${name} -p Type=notify -p Delegate=yes -E SYSTEMD_SECCOMP=${unfiltered ? 0 : 1} \\
        systemd-nspawn --quiet --keep-unit --as-pid2 --settings=no --link-journal=no --private-users=${hostUsers ? 'no' : 'pick'} \\
          --machine=${name} --directory=$tree --bind-ro=/usr sleep infinity >&2
      machinectl show --property=Leader --value ${name}`);
    return Number(leader);
  }

  static async start(lab: Lab): Promise<HostileBuses> {
    const leaders = await Promise.all(kinds.map((kind) => HostileBuses.startContainer(lab, kind)));
    const servers = await Promise.all(
      leaders.map(async (leader, index) => {
        const enter = ['--target', `${leader}`, '--all', '--wdns=/'];
        const server = lab.spawn('nsenter', ...enter, 'python3', '-c', program, kinds[index] as string);
        await new Promise((resolve) => server.stdout.once('data', resolve));
        return server;
      }),
    );
    return new HostileBuses(lab, servers);
  }

  /** Opens a shell in each, all at once; then the programs are ended. */
  async openShells(): Promise<readonly (readonly [string, HostileOutcome])[]> {
    const outcomes = await Promise.all(
      kinds.map(async (kind) => {
        const start = performance.now();
        const manager = ['--object-path', '/org/freedesktop/machine1', '--method', 'org.freedesktop.machine1.Manager'];
        const call = ['call', '--system', '--timeout=40', '--dest=org.freedesktop.machine1', ...manager];
        call[call.length - 1] += '.OpenMachineShell';
        const { stdout, stderr } = await this.#lab.run('gdbus', ...call, kind, '', '', '[]', '[]');
        return [kind, { error: stdout + stderr, seconds: (performance.now() - start) / 1000 }] as const;
      }),
    );
    for (const server of this.#servers) server.kill('SIGKILL');
    await this.#lab.shell(`systemctl stop ${kinds.join(' ')}`);
    return outcomes;
  }
}

const program = `
import array, os, socket, struct, sys, threading, time
kind = sys.argv[1]
os.makedirs('/run/dbus', exist_ok=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind('/run/dbus/system_bus_socket')
os.chmod('/run/dbus/system_bus_socket', 0o666)
listener.listen(50)
print('listening', flush=True)

def let_in(connection):
    connection.recv(4096)
    connection.sendall(b'DATA\\r\\nOK ' + b'0' * 32 + b'\\r\\nAGREE_UNIX_FD\\r\\n')

def signal(body):
    fields = b''
    for code, kind_of, value in ((1, b'o', '/a'), (2, b's', 'a.b'), (3, b's', 'C')):
        while len(fields) % 8:
            fields += b'\\0'
        fields += struct.pack('<BB2s', code, 1, kind_of + b'\\0') + struct.pack('<I', len(value)) + value.encode() + b'\\0'
    header = struct.pack('<cBBBIII', b'l', 4, 1, 1, body, 1, len(fields)) + fields
    return header + b'\\0' * (-len(header) % 8)

def serve(connection):
    try:
        if kind == 'closing':
            connection.close()
        elif kind == 'silent':
            time.sleep(60)
        elif kind == 'garbage':
            connection.sendall(os.urandom(100000))
            time.sleep(60)
        elif kind == 'mute':
            let_in(connection)
            time.sleep(60)
        elif kind == 'flood':
            let_in(connection)
            while True:
                connection.sendall(signal(0) * 100)
        elif kind == 'huge':
            let_in(connection)
            connection.sendall(signal(120 * 1024 * 1024))
            while True:
                connection.sendall(b'x' * 65536)
        elif kind == 'descriptors':
            let_in(connection)
            while True:
                socket.send_fds(connection, [signal(0)], [0] * 200)
    except OSError:
        pass
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
`;
