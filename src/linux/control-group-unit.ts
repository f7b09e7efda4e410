/** The systemd unit that a control group belongs to. */
export interface ControlGroupUnit {
  /** As in `machine-web.scope` or `systemd-nspawn@web.service`. */
  readonly unit: string;
  /**
   * The path of the control group below the unit's own, without a leading slash, as in `payload`; undefined where it is
   * the unit's own.
   */
  readonly subgroup: string | undefined;
}

/**
 * Which unit of the system's service manager a control group belongs to, by the rules of systemd 262: slices are passed
 * over, the first other component is the unit, the rest is the subgroup. A `_` in front of a name is the escape that
 * systemd puts before names that the kernel might mean something by.
 * @param path from the service manager's root, as in `/machine.slice/machine-web.scope`
 * Undefined when that component is no valid unit name, as for a process that no systemd has put anywhere.
 */
export function systemUnitOf(path: string): ControlGroupUnit | undefined {
  const components = withoutSlices(split(path));
  const unit = decode(components[0]);
  if (unit === undefined || unit.endsWith('.slice')) return undefined;
  return { unit, subgroup: components.length > 1 ? components.slice(1).join('/') : undefined };
}

/**
 * The same for the service manager of a user: what follows `user@UID.service` or `capsule@NAME.service`, or a login
 * session's scope, is read in the same way. Undefined when there is none of these.
 */
export function userUnitOf(path: string): ControlGroupUnit | undefined {
  const [manager, ...rest] = withoutSlices(split(path));
  if (manager === undefined || !(isUserManager(manager) || isSession(manager))) return undefined;
  return systemUnitOf(rest.join('/'));
}

/**
 * The path of a unit's own control group, given that of one of its processes, or of a control group below it. Undefined
 * when that is not in the unit.
 */
export function groupOfUnit(path: string, unit: string): string | undefined {
  const components = path.split('/');
  const at = components.findIndex((component) => component === unit || component === `_${unit}`);
  return at < 0 ? undefined : components.slice(0, at + 1).join('/');
}

function split(path: string): string[] {
  return path.split('/').filter((component) => component !== '');
}

function withoutSlices(components: string[]): string[] {
  const first = components.findIndex((component) => !isSlice(component));
  return first < 0 ? [] : components.slice(first);
}

function isSlice(component: string): boolean {
  const name = decode(component);
  return name?.endsWith('.slice') === true && !name.includes('@');
}

/** The unit name that a component stands for, if it is a valid one. */
function decode(component: string | undefined): string | undefined {
  const name = component?.startsWith('_') ? component.slice(1) : component;
  return name !== undefined && isUnitName(name) ? name : undefined;
}

/**
 * systemd.unit(5): up to 255 characters, a known type after the last dot, and with an `@` a prefix and an instance
 * around it.
 */
function isUnitName(name: string): boolean {
  const match = /^([A-Za-z0-9:_.\\@-]+)\.([a-z]+)$/.exec(name);
  if (match === null || name.length > 255 || !UNIT_TYPES.has(match[2] as string)) return false;
  const at = (match[1] as string).indexOf('@');
  return at !== 0 && at !== (match[1] as string).length - 1;
}

const UNIT_TYPES = new Set([
  'automount',
  'device',
  'mount',
  'path',
  'scope',
  'service',
  'slice',
  'socket',
  'swap',
  'target',
  'timer',
]);

function isUserManager(component: string): boolean {
  const uid = /^user@(0|[1-9]\d{0,9})\.service$/.exec(component)?.[1];
  if (uid !== undefined) return Number(uid) < 0xffffffff && uid !== '65535';
  return /^capsule@[A-Za-z0-9_-]{1,29}\.service$/.test(component);
}

function isSession(component: string): boolean {
  return /^session-[A-Za-z0-9]+\.scope$/.test(component);
}
