import { escapePathElement } from '../../dbus/objects/path.ts';

/** The object that is the registry. */
export const managerPath = '/org/freedesktop/machine1';

/** Below it are the machines. */
export const machinesPath: string = `${managerPath}/machine`;

/** Below it are images. */
export const imagesPath: string = `${managerPath}/image`;

/** The object that is a machine. */
export function machinePath(name: string): string {
  return `${machinesPath}/${escapePathElement(name)}`;
}

/** The object that is an image. */
export function imagePath(name: string): string {
  return `${imagesPath}/${escapePathElement(name)}`;
}
