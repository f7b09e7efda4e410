import { escapePathElement } from '../../dbus/objects/path.ts';

/** The object that is the registry. */
export const managerPath = '/org/freedesktop/machine1';

/** Below it are the machines. */
export const machinesPath: string = `${managerPath}/machine`;

/** Below it would be images. */
export const imagesPath: string = `${managerPath}/image`;

/** The object that is a machine. */
export function machinePath(name: string): string {
  return `${machinesPath}/${escapePathElement(name)}`;
}
