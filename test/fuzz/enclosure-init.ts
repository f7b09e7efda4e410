/** What the first process of an {@link Enclosure} is to do besides starting the daemon. */
export interface EnclosurePlan {
  /** The checkout as it is called outside; inside it is in /mnt/project, and Node is /mnt/node. */
  readonly root: string;
  readonly node: string;
  /** Something to be started before the daemon, and the file that it makes when it is ready. */
  readonly first?: { readonly command: readonly string[]; readonly makes: string };
  /** Sockets to be made: whoever comes to one is passed on to another socket, as if he were that user. */
  readonly passages: readonly { readonly from: string; readonly to: string; readonly uid: number }[];
  /** Sockets to be made: whoever comes there gets the PID of a process that leads no machine and lives as long as he stays. */
  readonly leaders: readonly { readonly at: string; readonly uid: number }[];
}

// A process that is the first of its PID namespace gets no signal from within that it does not want (pid_namespaces(7)).
// A socket belongs to whoever the process is at the time of connect(2), which node:net calls at once.
/** Its program: `node -e PROGRAM PLAN COMMAND …`, where the command is the daemon's. It ends with the daemon. */
export const initProgram = `
const { spawn } = require('node:child_process');
const { existsSync, readlinkSync, writeFileSync } = require('node:fs');
const net = require('node:net');
const { root, node, first, passages, leaders } = JSON.parse(process.argv[1]);
const inside = (word) => (word === node ? '/mnt/node' : word.startsWith(root) ? '/mnt/project' + word.slice(root.length) : word);

const serve = (path, take) => {
  const server = net.createServer({ allowHalfOpen: true }, take);
  server.listen({ path, readableAll: true, writableAll: true });
};

for (const { from, to, uid } of passages) {
  serve(from, (outside) => {
    process.seteuid(uid);
    const daemon = net.connect({ path: to, allowHalfOpen: true });
    process.seteuid(0);
    for (const [one, other] of [[outside, daemon], [daemon, outside]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroySoon());
      one.pipe(other);
    }
  });
}

for (const { at, uid } of leaders) {
  serve(at, (asker) => {
    const map = uid === 0 ? [] : ['--map-root-user'];
    const parameters = ['--user', ...map, '--net', '--mount', '--', 'sleep', '3600'];
    const leader = spawn('unshare', parameters, { uid, gid: uid, stdio: 'ignore' });
    asker.on('error', () => {});
    asker.on('close', () => leader.kill('SIGKILL'));
    asker.on('end', () => leader.kill('SIGKILL'));
    asker.resume();
    leader.on('exit', () => asker.destroy());
    const tell = () => asker.write(leader.pid + '\\n');
    if (uid === 0) afterMapping(leader.pid, tell);
    else tell();
  });
}

// Root's has all ids, and may choose its groups: what maps root by itself may not (user_namespaces(7)).
const afterMapping = (pid, then) => {
  try {
    if (readlinkSync('/proc/' + pid + '/ns/user') === readlinkSync('/proc/self/ns/user')) throw new Error('not yet');
    for (const kind of ['uid', 'gid']) writeFileSync('/proc/' + pid + '/' + kind + '_map', '0 0 65536');
    then();
  } catch {
    if (existsSync('/proc/' + pid)) setTimeout(() => afterMapping(pid, then), 2);
  }
};

const start = () => {
  const [program, ...parameters] = process.argv.slice(2).map(inside);
  const daemon = spawn(program, parameters, { stdio: 'inherit' });
  daemon.on('exit', (status) => process.exit(status ?? 128));
};

if (first === undefined) start();
else {
  spawn(first.command[0], first.command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  const timer = setInterval(() => {
    if (!existsSync(first.makes)) return;
    clearInterval(timer);
    start();
  }, 5);
}
`;
