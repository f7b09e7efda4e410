import type { Authority } from '../../machine/authorize.ts';
import type { ImageOperations, Images } from '../../machine/images.ts';
import type { InsideOperations } from '../../machine/inside-operations.ts';
import type { MachineMetadata, MachineOperations, ProcessFinder } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';

/** What org.freedesktop.machine1 is answered from. */
export interface Machine1Services {
  readonly registry: Registry;
  readonly operations: MachineOperations;
  readonly processes: ProcessFinder;
  readonly metadata: MachineMetadata;
  readonly authority: Authority;
  readonly inside: InsideOperations;
  readonly images: Images;
  readonly imageOperations: ImageOperations;
}
