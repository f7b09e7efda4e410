import type { Implementation } from '../../dbus/objects/interface.ts';
import type { ImageMethods } from './image-methods.ts';
import type { description } from './org.freedesktop.machine1.Manager.ts';

type Methods = Implementation<typeof description>['methods'];
type ImageMethod = Extract<keyof Methods, `${string}Image${string}` | `${string}Pool${string}`>;

/** The methods of Manager that are about images. */
export function managerImageMethods(images: ImageMethods): Pick<Methods, ImageMethod> {
  return {
    GetImage: ({ name }, call) => images.getPath(name, call),
    ListImages: (_, call) => images.list(call),
    GetImageHostname: async ({ name }, call) => ({ hostname: await images.getHostname(name, call) }),
    GetImageMachineID: async ({ name }, call) => ({ id: await images.getMachineId(name, call) }),
    GetImageMachineInfo: ({ name }, call) => images.getMachineInfo(name, call),
    GetImageOSRelease: ({ name }, call) => images.getOSRelease(name, call),
    RemoveImage: ({ name }, call) => images.remove(name, call),
    RenameImage: ({ name, new_name }, call) => images.rename(name, new_name, call),
    CloneImage: ({ name, new_name, read_only }, call) => images.clone(name, new_name, read_only, call),
    MarkImageReadOnly: ({ name, read_only }, call) => images.markReadOnly(name, read_only, call),
    SetImageLimit: ({ name, size }, call) => images.setLimit(name, size, call),
    SetPoolLimit: ({ size }, call) => images.setPoolLimit(size, call),
    CleanPool: ({ mode }, call) => images.cleanPool(mode, call),
  };
}
