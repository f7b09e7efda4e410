import { interfaceNotFound } from './errors.ts';
import { type Implementation, implementLater } from './implementation.ts';
import { description } from './org.varlink.service.ts';

/** Who a service is, as `GetInfo` tells. */
export interface ServiceInfo {
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  /** Where to read about it. */
  readonly url: string;
}

/** @private org.varlink.service over the given interfaces, which may still grow. */
export function implementService(info: ServiceInfo, interfaces: ReadonlyMap<string, Implementation>): Implementation {
  return implementLater(description, {
    // sd-varlink 262 lists them in the order of the alphabet, this one included.
    GetInfo: () => ({
      vendor: info.vendor,
      product: info.product,
      version: info.version,
      url: info.url,
      interfaces: [...interfaces.keys()].sort(),
    }),
    GetInterfaceDescription: ({ interface: name }) => {
      const found = interfaces.get(name);
      return found === undefined ? interfaceNotFound(name) : { description: found.description };
    },
  });
}
