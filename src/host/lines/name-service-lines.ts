import { type HostLine, lineMaker } from '../check-line.ts';
import type { FileFacts, NameServiceFile } from '../file-facts.ts';
import { type NameService, parseNameServices } from '../nsswitch.ts';
import { asksNetwork, endsSearch, lineWith, servicesBefore } from '../nsswitch-edit.ts';

/** What can be said of nsswitch.conf, of `hosts`, `passwd` and `group` each. */
export const nameServiceKinds = {
  nsswitch_asked: 'ok',
  nsswitch_by_resolve: 'ok',
  nsswitch_by_dns: 'ok',
  nsswitch_network_first: 'warn',
  nsswitch_missing: 'fail',
  nsswitch_stopped: 'fail',
  nsswitch_discarded: 'fail',
  nsswitch_fault: 'fail',
  nsswitch_no_file: 'fail',
  libc_musl: 'warn',
  libc_unknown: 'warn',
} as const;

const line = lineMaker('nsswitch.conf', nameServiceKinds);

/** How machines' host names can be found, other than by libnss_mymachines. */
export interface OtherWays {
  /** systemd-resolved runs. */
  readonly resolvedRuns: boolean;
  /** It answers for them. */
  readonly resolved: boolean;
  /** The DNS server of /etc/resolv.conf does. */
  readonly dns: boolean;
}

/** Whether programs ask for machines, by nsswitch.conf, and what to write where they do not. */
export function nameServiceLines({ nameServices, library }: FileFacts, ways: OtherWays): HostLine[] {
  if (library.kind === 'musl') {
    const text = 'the C library is musl, which asks no modules: users have no names, machines those of the DNS';
    return [line('libc_musl', text, "'mymachines serve --dns', and its address in /etc/resolv.conf")];
  }
  if (library.kind === 'unknown') {
    const text = 'there is no C library where it is looked for, so that its modules are not looked for either';
    return [line('libc_unknown', text, "look yourself whether 'getent passwd vu-NAME-0' finds somebody")];
  }
  if (nameServices === undefined) {
    const mend = `write it: ${databases.map(([name, module]) => lineWith(name, undefined, module)).join('; ')}`;
    return [line('nsswitch_no_file', 'there is no /etc/nsswitch.conf that can be read', mend)];
  }
  const { databases: lines, fault } = parseNameServices(nameServices.text);
  if (fault !== undefined) {
    const text = `a line is not understood, and the C library then goes without the whole file: ${fault}`;
    return [line('nsswitch_fault', text, writeHint(nameServices, 'mend that line (nsswitch.conf(5))'))];
  }
  return databases.map(([database, module]) => {
    const mend = writeHint(nameServices, `write ${lineWith(database, lines.get(database), module)}`);
    return ofDatabase({ database, module, found: lines.get(database) ?? [], modules: library.modules, ways, mend });
  });
}

const databases = [
  ['hosts', 'mymachines'],
  ['passwd', 'systemd'],
  ['group', 'systemd'],
] as const;

interface Question {
  readonly database: string;
  readonly module: 'mymachines' | 'systemd';
  readonly found: readonly NameService[];
  readonly modules: FileFacts['library']['modules'];
  readonly ways: OtherWays;
  readonly mend: string;
}

function ofDatabase(question: Question): HostLine {
  const { database, module, found, modules, mend } = question;
  const other = database === 'hosts' ? otherWay(question) : undefined;
  const own = found.find(({ name }) => name === module);
  if (own === undefined) return other ?? line('nsswitch_missing', `${database}: ${module} is not asked`, mend);
  if (other !== undefined && modules[module].kind !== 'found') return other;
  const stop = stopBefore(question, module);
  if (stop !== undefined) {
    const text = `${database}: ${stop.name} ${stop.criteria} ends the search before ${module} is asked`;
    return other ?? line('nsswitch_stopped', text, mend);
  }
  if (own.actions.SUCCESS === 'continue') {
    return line('nsswitch_discarded', `${database}: what ${module} answers is thrown away: ${own.criteria}`, mend);
  }
  const first = servicesBefore(found, module).find((service) => asksNetwork(service) && database === 'hosts');
  if (first === undefined || other !== undefined) return line('nsswitch_asked', `${database}: ${module} is asked`);
  const text = `${database}: ${first.name} is asked before ${module}, and so the network for each machine`;
  return line('nsswitch_network_first', text, mend);
}

/** libnss_resolve asks systemd-resolved, which asks the hook; DNS servers may do so, too. */
function otherWay(question: Question): HostLine | undefined {
  const { found, modules, ways } = question;
  const asked = (service: string): boolean =>
    found.some(({ name }) => name === service) && stopBefore(question, service) === undefined;
  if (ways.resolved && modules.resolve.kind === 'found' && asked('resolve')) {
    return line('nsswitch_by_resolve', 'hosts: resolve is asked, and that is systemd-resolved, which asks mymachines');
  }
  if (ways.dns && asked('dns')) {
    return line('nsswitch_by_dns', 'hosts: dns is asked, and the server of /etc/resolv.conf knows machines');
  }
  return undefined;
}

/** The service that ends the search before another is asked. One that does not answer at all does not. */
function stopBefore({ found, modules, ways }: Question, service: string): NameService | undefined {
  const answers = ({ name }: NameService): boolean =>
    name !== 'resolve' || (ways.resolvedRuns && modules.resolve.kind === 'found');
  return servicesBefore(found, service).find((one) => endsSearch(one) && answers(one));
}

function writeHint({ path, authselect }: NameServiceFile, what: string): string {
  if (authselect) {
    return `${what} by authselect(8), which makes the file: in a profile of your own, or in user-nsswitch.conf`;
  }
  return `${what} in ${path === '/etc/nsswitch.conf' ? path : `/etc/nsswitch.conf, a copy of ${path}`}`;
}
