import type { MethodCall } from '../../dbus/call.ts';
import type { Implementation } from '../../dbus/objects/interface.ts';
import type { Authority } from '../../machine/authorize.ts';
import { doing } from './answering.ts';
import { invalidArguments, notSupported } from './errors.ts';
import type { description } from './org.freedesktop.machine1.Manager.ts';

type Methods = Implementation<typeof description>['methods'];

/** The methods of Manager that are about images, of which nothing is kept here: all are refused. */
export function imageMethods(authority: Authority): Pick<Methods, ImageMethod> {
  const inspect = (): never => {
    throw noImages();
  };
  const manage = (_input: unknown, call: MethodCall): Promise<never> =>
    doing({}, call, async (caller) => {
      await authority.authorize('manage-image', caller);
      throw noImages();
    });
  return {
    GetImage: inspect,
    ListImages: inspect,
    GetImageHostname: inspect,
    GetImageMachineID: inspect,
    GetImageMachineInfo: inspect,
    GetImageOSRelease: inspect,
    RemoveImage: manage,
    RenameImage: manage,
    CloneImage: manage,
    MarkImageReadOnly: manage,
    SetPoolLimit: manage,
    SetImageLimit: manage,
    CleanPool: (input, call) => {
      if (input.mode !== 'all' && input.mode !== 'hidden') throw invalidArguments(`Unknown mode '${input.mode}'.`);
      return manage(input, call);
    },
  };
}

type ImageMethod = Extract<keyof Methods, `${string}Image${string}` | `${string}Pool${string}`>;

function noImages() {
  return notSupported('There are no images here.');
}
