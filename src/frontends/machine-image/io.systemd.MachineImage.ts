// Generated from io.systemd.MachineImage.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** The images that machines are started from, on this host. */
export const description: Description = '# The images that machines are started from, on this host.\ninterface io.systemd.MachineImage\n\n# Whether List tells what an image says of itself, too.\ntype AcquireMetadata(\n\t# It does not.\n\tno,\n\t# It does, and fails where that cannot be read.\n\tyes,\n\t# It does, and leaves out what cannot be read.\n\tgraceful\n)\n\n# Which images CleanPool removes.\ntype CleanPoolMode(\n\t# All that can be written, and the hidden ones.\n\tall,\n\t# Those whose name begins with a dot.\n\thidden\n)\n\n# Tells what images there are.\n# [Supports \'more\' flag]\nmethod List(\n\t# The one to tell of. Null: all, one reply each.\n\tname: ?string,\n\t# Null is \'no\'.\n\tacquireMetadata: ?AcquireMetadata,\n\t# Whether polkit may ask the user for a password. Null is false.\n\tallowInteractiveAuthentication: ?bool\n) -> (\n\t# Its name.\n\tname: string,\n\t# Where it is on the host.\n\tpath: ?string,\n\t# How it is stored: directory, subvolume, raw, block or mstack.\n\ttype: string,\n\t# Always \'machine\'.\n\tclass: string,\n\t# Whether it can only be read.\n\treadOnly: bool,\n\t# When it was made, in microseconds since 1970.\n\tcreationTimestamp: ?int,\n\t# When it was changed last, the same.\n\tmodificationTimestamp: ?int,\n\t# Bytes that it takes.\n\tusage: ?int,\n\t# Bytes that would be free without it.\n\tusageExclusive: ?int,\n\t# Bytes that it may take at most.\n\tlimit: ?int,\n\t# Bytes that it alone may take at most.\n\tlimitExclusive: ?int,\n\t# What it calls itself (hostname(5)).\n\thostname: ?string,\n\t# Its id (machine-id(5)), 32 hexadecimal digits.\n\tmachineId: ?string,\n\t# The fields of its machine-info(5), as KEY=VALUE.\n\tmachineInfo: ?[]string,\n\t# The fields of its os-release(5), as KEY=VALUE.\n\tOSRelease: ?[]string\n)\n\n# Changes an image. What is null stays as it is.\nmethod Update(\n\t# Which one.\n\tname: string,\n\t# Whether polkit may ask the user for a password. Null is false.\n\tallowInteractiveAuthentication: ?bool,\n\t# What it is to be called.\n\tnewName: ?string,\n\t# Whether it is to be only read.\n\treadOnly: ?bool,\n\t# Bytes that it may take at most.\n\tlimit: ?int\n) -> ()\n\n# Copies an image.\nmethod Clone(\n\t# Which one.\n\tname: string,\n\t# Whether polkit may ask the user for a password. Null is false.\n\tallowInteractiveAuthentication: ?bool,\n\t# What the copy is to be called.\n\tnewName: string,\n\t# Whether the copy is to be only read. Null is false.\n\treadOnly: ?bool\n) -> ()\n\n# Removes an image.\nmethod Remove(\n\t# Which one.\n\tname: string,\n\t# Whether polkit may ask the user for a password. Null is false.\n\tallowInteractiveAuthentication: ?bool\n) -> ()\n\n# Sets how much room all images together may take.\nmethod SetPoolLimit(\n\t# Whether polkit may ask the user for a password. Null is false.\n\tallowInteractiveAuthentication: ?bool,\n\t# Bytes.\n\tlimit: int\n) -> ()\n\n# Removes images that are not in use, and tells of each. Those of vendors and the host stay.\n# [Requires \'more\' flag]\nmethod CleanPool(\n\t# Whether polkit may ask the user for a password. Null is false.\n\tallowInteractiveAuthentication: ?bool,\n\t# Which ones.\n\tmode: CleanPoolMode\n) -> (\n\t# One that is gone.\n\tname: string,\n\t# Bytes that came free.\n\tusageExclusive: ?int\n)\n\n# There is no such image, or none at all.\nerror NoSuchImage()\n\n# As many long operations are under way as there may be.\nerror TooManyOperations()\n\n# This cannot be done here.\nerror NotSupported()\n' as Description;

/** Whether List tells what an image says of itself, too. */
export type AcquireMetadata = 'no' | 'yes' | 'graceful';

/** Which images CleanPool removes. */
export type CleanPoolMode = 'all' | 'hidden';

/** What each method takes and answers. */
export interface Methods {
  /**
   * Tells what images there are.
   * [Supports 'more' flag]
   */
  List: {
    parameters: {
      /** The one to tell of. Null: all, one reply each. */
      name?: string | null | undefined;
      /** Null is 'no'. */
      acquireMetadata?: AcquireMetadata | null | undefined;
      /** Whether polkit may ask the user for a password. Null is false. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: {
      /** Its name. */
      name: string;
      /** Where it is on the host. */
      path?: string | null | undefined;
      /** How it is stored: directory, subvolume, raw, block or mstack. */
      type: string;
      /** Always 'machine'. */
      class: string;
      /** Whether it can only be read. */
      readOnly: boolean;
      /** When it was made, in microseconds since 1970. */
      creationTimestamp?: number | null | undefined;
      /** When it was changed last, the same. */
      modificationTimestamp?: number | null | undefined;
      /** Bytes that it takes. */
      usage?: number | null | undefined;
      /** Bytes that would be free without it. */
      usageExclusive?: number | null | undefined;
      /** Bytes that it may take at most. */
      limit?: number | null | undefined;
      /** Bytes that it alone may take at most. */
      limitExclusive?: number | null | undefined;
      /** What it calls itself (hostname(5)). */
      hostname?: string | null | undefined;
      /** Its id (machine-id(5)), 32 hexadecimal digits. */
      machineId?: string | null | undefined;
      /** The fields of its machine-info(5), as KEY=VALUE. */
      machineInfo?: readonly string[] | null | undefined;
      /** The fields of its os-release(5), as KEY=VALUE. */
      OSRelease?: readonly string[] | null | undefined;
    };
  };
  /** Changes an image. What is null stays as it is. */
  Update: {
    parameters: {
      /** Which one. */
      name: string;
      /** Whether polkit may ask the user for a password. Null is false. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** What it is to be called. */
      newName?: string | null | undefined;
      /** Whether it is to be only read. */
      readOnly?: boolean | null | undefined;
      /** Bytes that it may take at most. */
      limit?: number | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Copies an image. */
  Clone: {
    parameters: {
      /** Which one. */
      name: string;
      /** Whether polkit may ask the user for a password. Null is false. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** What the copy is to be called. */
      newName: string;
      /** Whether the copy is to be only read. Null is false. */
      readOnly?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Removes an image. */
  Remove: {
    parameters: {
      /** Which one. */
      name: string;
      /** Whether polkit may ask the user for a password. Null is false. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Sets how much room all images together may take. */
  SetPoolLimit: {
    parameters: {
      /** Whether polkit may ask the user for a password. Null is false. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** Bytes. */
      limit: number;
    };
    reply: Record<string, never>;
  };
  /**
   * Removes images that are not in use, and tells of each. Those of vendors and the host stay.
   * [Requires 'more' flag]
   */
  CleanPool: {
    parameters: {
      /** Whether polkit may ask the user for a password. Null is false. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** Which ones. */
      mode: CleanPoolMode;
    };
    reply: {
      /** One that is gone. */
      name: string;
      /** Bytes that came free. */
      usageExclusive?: number | null | undefined;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** There is no such image, or none at all. */
  NoSuchImage: Record<string, never>;
  /** As many long operations are under way as there may be. */
  TooManyOperations: Record<string, never>;
  /** This cannot be done here. */
  NotSupported: Record<string, never>;
}
