import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type KeeperName, replace } from '../../../conformance/keeper.ts';
import { Lab } from '../../../support/lab.ts';
import { projectRoot } from '../../../support/project-root.ts';
import { callsOf, given, leader } from './calls.ts';
import type { Asked, Asker, Exchange } from './exchange.ts';
import { fill, type KnownProcess, strip } from './placeholders.ts';
import { polkitRule, type ScenarioMachine, scenario, spares, unitOfAsker } from './scenario.ts';

const agent = '/project/build/record-machine1/test/frontends/machine1/recording/agent.js';

/** A lab with the scenario's machines, and a service that is asked about them. */
export class RecordedSystem {
  readonly version: string;
  readonly #lab: Lab;
  readonly #hostId: string;
  readonly #processes: Record<string, KnownProcess> = {};

  private constructor(lab: Lab, version: string, hostId: string) {
    this.#lab = lab;
    this.version = version;
    this.#hostId = hostId;
  }

  /** @param keeper who keeps the registry */
  static async start(keeper: KeeperName): Promise<RecordedSystem> {
    await promisify(execFile)(process.execPath, [
      `${projectRoot}/node_modules/typescript/bin/tsc`,
      ...['-p', `${projectRoot}/test/frontends/machine1/recording`],
    ]);
    const lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    try {
      const [version = ''] = (await lab.shell('systemctl --version')).split('\n', 1);
      const system = new RecordedSystem(lab, version, (await lab.shell('cat /etc/machine-id')).trim());
      if (keeper === 'mymachines') await replace(lab, 'systemd-machined', keeper);
      await system.#prepare();
      return system;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** Asks in their order. Those that one asker asks in a row go over one connection. */
  async ask(questions: readonly Asked[]): Promise<Exchange[]> {
    const exchanges: Exchange[] = [];
    for (let start = 0; start < questions.length; ) {
      const { as } = questions[start] as Asked;
      const other = questions.findIndex((question, index) => index > start && question.as !== as);
      const end = other === -1 ? questions.length : other;
      exchanges.push(...(await this.#askAs(as, questions.slice(start, end))));
      start = end;
    }
    return exchanges;
  }

  /** What descriptors.py prints; `kept` is by how many descriptors the daemon has more after it. */
  async passDescriptors(): Promise<Readonly<Record<string, unknown>> & { readonly kept: number }> {
    const program = `${import.meta.dirname}/descriptors.py`;
    this.#lab.copyIn(program, '/srv/descriptors.py');
    const daemon = await mainPid(this.#lab, 'mymachines.service');
    const [spare, other] = [this.#valueFor('spare-root.pid'), this.#valueFor('spare-alice.pid')];
    return JSON.parse(await this.#lab.shell(`python3 /srv/descriptors.py ${daemon} ${spare} ${other}`));
  }

  async stop(): Promise<void> {
    await this.#lab.down();
  }

  async #askAs(as: Asker, questions: readonly Asked[]): Promise<Exchange[]> {
    const filled = questions.map((question) => ({
      ...question,
      ...(question.body && { body: fill(question.body, (name) => this.#valueFor(name)) }),
    }));
    this.#lab.write('/srv/questions.json', JSON.stringify(filled));
    const run = ['systemd-run', '-q', '--collect', '--pipe', '--wait', `--unit=${unitOfAsker(as)}`, `--uid=${as}`];
    const { status, stdout, stderr } = await this.#lab.run(...(run as [string]), 'node', agent, '/srv/questions.json');
    if (status !== 0) throw new Error(`asking as ${as}: ${stderr}`);
    const told = JSON.parse(stdout) as { readonly pid: number; readonly exchanges: readonly Exchange[] };
    // Its pidfd's number is not asked for: it has ended. It is what no other process of the answers has.
    const processes = { ...this.#processes, asker: { pid: told.pid, pidfdId: askerPidfdId(told.exchanges, told.pid) } };
    return told.exchanges.map((exchange, index) => ({
      ...strip(exchange, processes, this.#hostId),
      question: questions[index] as Asked,
    }));
  }

  #valueFor(name: string): number | undefined {
    const [, process = '', key = ''] = /^(.+)\.(pid|pidfdId)$/.exec(name) ?? [];
    return this.#processes[process]?.[key as keyof KnownProcess];
  }

  async #prepare(): Promise<void> {
    const lab = this.#lab;
    lab.write('/etc/polkit-1/rules.d/00-recording.rules', polkitRule);
    await lab.shell('useradd alice; sleep 1');
    await this.#learn('host', 1);
    for (const asker of spares) {
      await lab.shell(`systemd-run -q --collect --unit=spare-${asker} --uid=${asker} sleep infinity`);
      await this.#learn(`spare-${asker}`, await mainPid(lab, `spare-${asker}.service`));
    }
    for (const machine of scenario) {
      await this.#learn(machine.name, await startLeader(lab, machine));
      const [answered] = await this.ask([registration(machine)]);
      if (answered === undefined || 'error' in answered.reply)
        throw new Error(`${machine.name}: ${JSON.stringify(answered)}`);
    }
  }

  async #learn(name: string, pid: number): Promise<void> {
    const program = `import os; print(os.fstat(os.pidfd_open(${pid})).st_ino)`;
    this.#processes[name] = { pid, pidfdId: Number(await this.#lab.shell(`python3 -c '${program}'`)) };
  }
}

/** The call by which a machine of the scenario is registered. */
function registration({ name, class: machineClass, by, service = '', more, ...rest }: ScenarioMachine): Asked {
  const id = [...Buffer.from(rest.id ?? '', 'hex')];
  const { rootDirectory = '', interfaces = [] } = rest;
  if (more === undefined) {
    const body = [name, id, service, machineClass, `«${name}.pid»`, rootDirectory, interfaces];
    return callsOf(by).manager('RegisterMachineWithNetwork', 'sayssusai', ...body);
  }
  return callsOf(by).manager('RegisterMachineEx', 'sa(sv)', name, [
    given('Class', 's', machineClass),
    ...leader(name),
    given('Service', 's', service),
    given('VSockCID', 'u', more.vsockCid),
    given('SSHAddress', 's', more.sshAddress),
    given('SSHPrivateKeyPath', 's', more.sshPrivateKeyPath),
  ]);
}

async function startLeader(lab: Lab, { name, by, users, addresses, osRelease }: ScenarioMachine): Promise<number> {
  const root = `/srv/roots/${name}`;
  const unit = `m-${name}`;
  if (osRelease !== undefined) {
    await lab.shell(`R=${root}; mkdir -p $R/{bin,etc,proc,sys,dev,tmp,run}
      for b in sleep unshare; do cp -L $(command -v $b) $R/bin/; done
      ldd $R/bin/* | grep -oE '/[^ :]+' | grep -v ^$R | sort -u | while read -r f; do cp -L --parents $f $R/; done`);
    if (osRelease !== '') lab.write(`${root}/etc/os-release`, osRelease);
  }
  const own = `${users === undefined ? '' : '--user '}${addresses === undefined ? '' : '--net '}`;
  const chroot = osRelease === undefined ? '' : `-p RootDirectory=${root}`;
  const command = own === '' ? 'sleep infinity' : `/bin/unshare ${own}/bin/sleep infinity`;
  await lab.shell(`systemd-run -q --collect --unit=${unit} --uid=${by} ${chroot} ${command}
    until [ "$(cat /proc/$(systemctl show -P MainPID ${unit})/comm)" = sleep ]; do :; done`);
  const pid = await mainPid(lab, `${unit}.service`);
  if (users !== undefined) {
    for (const kind of ['uid', 'gid']) await lab.shell(`cat >/proc/${pid}/${kind}_map <<'END'\n${users}\nEND`);
  }
  if (addresses !== undefined && addresses.length > 0) {
    const adding = addresses.map((each) => `ip address add ${each} dev host0${each.includes(':') ? ' nodad' : ''}`);
    await lab.shell(`ip link add v${pid} type veth peer name host0 netns ${pid}
      ip link set v${pid} addrgenmode none up
      nsenter -t ${pid} -n bash -euc 'ip link set host0 addrgenmode none up; ${adding.join('; ')}'`);
  }
  return pid;
}

async function mainPid(lab: Lab, unit: string): Promise<number> {
  return Number(await lab.shell(`systemctl show -P MainPID ${unit}`));
}

/** The number that stands beside a process's own in the properties of machines that it leads or watches over. */
function askerPidfdId(exchanges: readonly Exchange[], pid: number): number {
  for (const { reply } of exchanges) {
    const found = new RegExp(
      `\\["(Leader|Supervisor)",\\{"signature":"u","value":${pid}\\}\\],\\["\\1PIDFDId",\\{"signature":"t","value":"(\\d+)"`,
    ).exec(JSON.stringify(reply))?.[2];
    if (found !== undefined) return Number(found);
  }
  return -1;
}
