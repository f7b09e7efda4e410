import type { NameService } from './nsswitch.ts';

/** Services that look on this host only, and so may be asked before machines are. */
const local = new Set(['files', 'compat', 'db', 'myhostname', 'mymachines', 'systemd', 'altfiles']);

/** The services that are asked before a module, in their order; all of them where it is not asked. */
export function servicesBefore(services: readonly NameService[], module: string): readonly NameService[] {
  const place = services.findIndex(({ name }) => name === module);
  return place < 0 ? services : services.slice(0, place);
}

/** Whether a service asks others than this host. */
export function asksNetwork({ name }: NameService): boolean {
  return !local.has(name);
}

/** Whether what this service does not know is not asked for any further (nsswitch.conf(5)). */
export function endsSearch({ actions }: NameService): boolean {
  return actions.NOTFOUND === 'return';
}

/**
 * The line to write so that a module is asked: behind what looks on this host, and before what asks others. It changes
 * nothing else: brackets that end the search do so behind it.
 */
export function lineWith(database: string, services: readonly NameService[] | undefined, module: string): string {
  if (services === undefined) return `${database}: files ${module}${database === 'hosts' ? ' dns' : ''}`;
  const others = services.filter(({ name }) => name !== module);
  const network = others.findIndex(asksNetwork);
  const place = network < 0 ? others.length : network;
  const before = others.slice(0, place);
  const last = before.at(-1);
  const moved = last !== undefined && endsSearch(last) ? last.criteria : '';
  const words = [
    ...before.map((service) => (service === last && moved !== '' ? service.name : serviceText(service))),
    module,
    ...(moved === '' ? [] : [moved]),
    ...others.slice(place).map(serviceText),
  ];
  return `${database}: ${words.join(' ')}`;
}

function serviceText({ name, criteria }: NameService): string {
  return criteria === '' ? name : `${name} ${criteria}`;
}
