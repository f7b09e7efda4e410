// Generated from io.systemd.Machine.varlink: change that, then generate this again.
// biome-ignore-all lint/style/noExcessiveLinesPerFile: generated
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** The registry of local containers and virtual machines. */
export const description: Description = '# The registry of local containers and virtual machines.\ninterface io.systemd.Machine\n\n# What a machine is.\ntype MachineClass(\n\tcontainer,\n\tvm,\n\thost\n)\n\n# Which of a machine\'s processes a signal goes to.\ntype KillWhom(\n\tleader,\n\tsupervisor,\n\tall\n)\n\n# Whether List tells addresses, OS release and UID shift too.\ntype AcquireMetadata(\n\t# It does not.\n\tno,\n\t# It does, and fails where one of them cannot be had.\n\tyes,\n\t# It does, and leaves out what cannot be had.\n\tgraceful\n)\n\n# What kind of terminal Open opens.\ntype MachineOpenMode(\n\t# A pseudo terminal of the container, with nothing behind it.\n\ttty,\n\t# One with the container\'s login prompt behind it.\n\tlogin,\n\t# One with a program of the container behind it.\n\tshell\n)\n\n# A process.\ntype ProcessId(\n\t# Its number.\n\tpid: int,\n\t# The inode number of its pidfd, which no later process will have.\n\tpidfdId: ?int,\n\t# The boot that the inode number belongs to.\n\tbootId: ?string\n)\n\n# A moment on two clocks.\ntype Timestamp(\n\t# CLOCK_REALTIME in µs.\n\trealtime: ?int,\n\t# CLOCK_MONOTONIC in µs.\n\tmonotonic: ?int\n)\n\n# A network address.\ntype Address(\n\t# The interface, for addresses that mean something on one interface only.\n\tifindex: ?int,\n\t# AF_INET (2) or AF_INET6 (10).\n\tfamily: int,\n\t# 4 or 16 bytes in network order.\n\taddress: []int\n)\n\n# Adds a machine.\nmethod Register(\n\t# A host name of 64 bytes at most.\n\tname: string,\n\t# 128 bits in hexadecimal digits.\n\tid: ?string,\n\t# The software that runs the machine.\n\tservice: ?string,\n\t# container or vm.\n\tclass: MachineClass,\n\t# The machine\'s leading process. Without leader and leaderProcessId it is the caller.\n\tleader: ?int,\n\t# The same, safe against the reuse of process numbers. If both are given they must agree.\n\tleaderProcessId: ?ProcessId,\n\t# Ignored: the supervisor is the caller.\n\tsupervisor: ?int,\n\t# Ignored: the supervisor is the caller.\n\tsupervisorProcessId: ?ProcessId,\n\t# Where the machine\'s root directory is on the host.\n\trootDirectory: ?string,\n\t# The host\'s interfaces that lead to the machine.\n\tifIndices: ?[]int,\n\t# The machine\'s AF_VSOCK context id.\n\tvSockCid: ?int,\n\t# Where ssh(1) finds the machine.\n\tsshAddress: ?string,\n\t# The private key that ssh(1) is to use.\n\tsshPrivateKeyPath: ?string,\n\t# A Varlink address that serves io.systemd.MachineInstance.\n\tcontrolAddress: ?string,\n\t# Whether to make a scope unit for the machine, rather than take the one that the leader is in.\n\tallocateUnit: ?bool,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool\n) -> ()\n\n# Removes a machine, which goes on running.\nmethod Unregister(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool\n) -> ()\n\n# Ends a machine\'s processes.\nmethod Terminate(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool\n) -> ()\n\n# Sends a signal to a machine\'s processes.\nmethod Kill(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# Which processes. Default: all.\n\twhom: ?KillWhom,\n\t# The signal\'s number.\n\tsignal: int\n) -> ()\n\n# Tells about one machine, or with \'more\' about all.\n# [Supports \'more\' flag]\nmethod List(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# Whether to tell addresses, OS release and UID shift too. Default: no.\n\tacquireMetadata: ?AcquireMetadata\n) -> (\n\t# Its name.\n\tname: string,\n\t# 128 bits in hexadecimal digits.\n\tid: ?string,\n\t# The software that runs it.\n\tservice: ?string,\n\t# What it is.\n\tclass: MachineClass,\n\t# Its leading process.\n\tleader: ?ProcessId,\n\t# The process that watches over it.\n\tsupervisor: ?ProcessId,\n\t# Where its root directory is on the host.\n\trootDirectory: ?string,\n\t# The unit that its processes are in.\n\tunit: ?string,\n\t# When it was registered.\n\ttimestamp: ?Timestamp,\n\t# Its AF_VSOCK context id.\n\tvSockCid: ?int,\n\t# Where ssh(1) finds it.\n\tsshAddress: ?string,\n\t# The private key that ssh(1) is to use.\n\tsshPrivateKeyPath: ?string,\n\t# A Varlink address that serves io.systemd.MachineInstance.\n\tcontrolAddress: ?string,\n\t# Its network addresses.\n\taddresses: ?[]Address,\n\t# The lines KEY=VALUE of its os-release(5).\n\tOSRelease: ?[]string,\n\t# The host\'s number of its user 0, where all its numbers are shifted alike.\n\tUIDShift: ?int,\n\t# The control group of its processes below that of the unit.\n\tsubgroup: ?string,\n\t# The user who registered it.\n\tUID: ?int\n)\n\n# Opens a terminal of a container.\nmethod Open(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# What is behind the terminal.\n\tmode: MachineOpenMode,\n\t# For mode shell: the user in the container.\n\tuser: ?string,\n\t# For mode shell: the program.\n\tpath: ?string,\n\t# For mode shell: its arguments, the first being its own name.\n\targs: ?[]string,\n\t# For mode shell: its environment as NAME=VALUE.\n\tenvironment: ?[]string\n) -> (\n\t# The terminal\'s controlling side: an index into the descriptors sent along.\n\tptyFileDescriptor: int,\n\t# The terminal\'s path in the container.\n\tptyPath: string\n)\n\n# Maps a user or group of a machine to the host\'s number.\nmethod MapFrom(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# A user\'s number in the machine.\n\tuid: ?int,\n\t# A group\'s number in the machine.\n\tgid: ?int\n) -> (\n\t# The user\'s number on the host.\n\tuid: ?int,\n\t# The group\'s number on the host.\n\tgid: ?int\n)\n\n# Maps a user or group of the host to the machine that it belongs to.\nmethod MapTo(\n\t# A user\'s number on the host.\n\tuid: ?int,\n\t# A group\'s number on the host.\n\tgid: ?int\n) -> (\n\t# The user\'s number in the machine.\n\tuid: ?int,\n\t# The group\'s number in the machine.\n\tgid: ?int,\n\t# The machine.\n\tmachineName: ?string\n)\n\n# Mounts a file or directory of the host in a container.\nmethod BindMount(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# The absolute path on the host.\n\tsource: string,\n\t# The absolute path in the container. Default: the same.\n\tdestination: ?string,\n\t# Whether it cannot be written through the mount.\n\treadOnly: ?bool,\n\t# Whether to make the mount point where it is missing.\n\tmkdir: ?bool\n) -> ()\n\n# Copies a file or directory tree from a container.\nmethod CopyFrom(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# The absolute path in the container.\n\tsource: string,\n\t# The absolute path on the host. Default: the same.\n\tdestination: ?string,\n\t# Whether to replace what is there.\n\treplace: ?bool\n) -> ()\n\n# Copies a file or directory tree to a container.\nmethod CopyTo(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool,\n\t# The absolute path on the host.\n\tsource: string,\n\t# The absolute path in the container. Default: the same.\n\tdestination: ?string,\n\t# Whether to replace what is there.\n\treplace: ?bool\n) -> ()\n\n# Opens a container\'s root directory.\nmethod OpenRootDirectory(\n\t# The machine of this name.\n\tname: ?string,\n\t# The machine that this process belongs to; 0 is the caller\'s.\n\tpid: ?ProcessId,\n\t# Whether the user may be asked for authentication. Default: no.\n\tallowInteractiveAuthentication: ?bool\n) -> (\n\t# The directory: an index into the descriptors sent along.\n\tfileDescriptor: int\n)\n\n# There is no such machine.\nerror NoSuchMachine()\n\n# There is a machine of that name already.\nerror MachineExists()\n\n# The machine shares the host\'s network.\nerror NoPrivateNetworking()\n\n# The machine says nothing of its operating system.\nerror NoOSReleaseInformation()\n\n# The machine\'s users are not all shifted alike.\nerror NoUIDShift()\n\n# There is no such information.\nerror NotAvailable()\n\n# This cannot be done.\nerror NotSupported()\n\n# There is no bus in the container.\nerror NoIPC()\n\n# The machine has no such user.\nerror NoSuchUser()\n\n# The machine has no such group.\nerror NoSuchGroup()\n\n# The user is one of the host\'s own.\nerror UserInHostRange()\n\n# The group is one of the host\'s own.\nerror GroupInHostRange()\n' as Description;

/** What a machine is. */
export type MachineClass = 'container' | 'vm' | 'host';

/** Which of a machine's processes a signal goes to. */
export type KillWhom = 'leader' | 'supervisor' | 'all';

/** Whether List tells addresses, OS release and UID shift too. */
export type AcquireMetadata = 'no' | 'yes' | 'graceful';

/** What kind of terminal Open opens. */
export type MachineOpenMode = 'tty' | 'login' | 'shell';

/** A process. */
export interface ProcessId {
  /** Its number. */
  pid: number;
  /** The inode number of its pidfd, which no later process will have. */
  pidfdId?: number | null | undefined;
  /** The boot that the inode number belongs to. */
  bootId?: string | null | undefined;
}

/** A moment on two clocks. */
export interface Timestamp {
  /** CLOCK_REALTIME in µs. */
  realtime?: number | null | undefined;
  /** CLOCK_MONOTONIC in µs. */
  monotonic?: number | null | undefined;
}

/** A network address. */
export interface Address {
  /** The interface, for addresses that mean something on one interface only. */
  ifindex?: number | null | undefined;
  /** AF_INET (2) or AF_INET6 (10). */
  family: number;
  /** 4 or 16 bytes in network order. */
  address: readonly number[];
}

/** What each method takes and answers. */
export interface Methods {
  /** Adds a machine. */
  Register: {
    parameters: {
      /** A host name of 64 bytes at most. */
      name: string;
      /** 128 bits in hexadecimal digits. */
      id?: string | null | undefined;
      /** The software that runs the machine. */
      service?: string | null | undefined;
      /** container or vm. */
      class: MachineClass;
      /** The machine's leading process. Without leader and leaderProcessId it is the caller. */
      leader?: number | null | undefined;
      /** The same, safe against the reuse of process numbers. If both are given they must agree. */
      leaderProcessId?: ProcessId | null | undefined;
      /** Ignored: the supervisor is the caller. */
      supervisor?: number | null | undefined;
      /** Ignored: the supervisor is the caller. */
      supervisorProcessId?: ProcessId | null | undefined;
      /** Where the machine's root directory is on the host. */
      rootDirectory?: string | null | undefined;
      /** The host's interfaces that lead to the machine. */
      ifIndices?: readonly number[] | null | undefined;
      /** The machine's AF_VSOCK context id. */
      vSockCid?: number | null | undefined;
      /** Where ssh(1) finds the machine. */
      sshAddress?: string | null | undefined;
      /** The private key that ssh(1) is to use. */
      sshPrivateKeyPath?: string | null | undefined;
      /** A Varlink address that serves io.systemd.MachineInstance. */
      controlAddress?: string | null | undefined;
      /** Whether to make a scope unit for the machine, rather than take the one that the leader is in. */
      allocateUnit?: boolean | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Removes a machine, which goes on running. */
  Unregister: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Ends a machine's processes. */
  Terminate: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Sends a signal to a machine's processes. */
  Kill: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** Which processes. Default: all. */
      whom?: KillWhom | null | undefined;
      /** The signal's number. */
      signal: number;
    };
    reply: Record<string, never>;
  };
  /**
   * Tells about one machine, or with 'more' about all.
   * [Supports 'more' flag]
   */
  List: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** Whether to tell addresses, OS release and UID shift too. Default: no. */
      acquireMetadata?: AcquireMetadata | null | undefined;
    };
    reply: {
      /** Its name. */
      name: string;
      /** 128 bits in hexadecimal digits. */
      id?: string | null | undefined;
      /** The software that runs it. */
      service?: string | null | undefined;
      /** What it is. */
      class: MachineClass;
      /** Its leading process. */
      leader?: ProcessId | null | undefined;
      /** The process that watches over it. */
      supervisor?: ProcessId | null | undefined;
      /** Where its root directory is on the host. */
      rootDirectory?: string | null | undefined;
      /** The unit that its processes are in. */
      unit?: string | null | undefined;
      /** When it was registered. */
      timestamp?: Timestamp | null | undefined;
      /** Its AF_VSOCK context id. */
      vSockCid?: number | null | undefined;
      /** Where ssh(1) finds it. */
      sshAddress?: string | null | undefined;
      /** The private key that ssh(1) is to use. */
      sshPrivateKeyPath?: string | null | undefined;
      /** A Varlink address that serves io.systemd.MachineInstance. */
      controlAddress?: string | null | undefined;
      /** Its network addresses. */
      addresses?: readonly Address[] | null | undefined;
      /** The lines KEY=VALUE of its os-release(5). */
      OSRelease?: readonly string[] | null | undefined;
      /** The host's number of its user 0, where all its numbers are shifted alike. */
      UIDShift?: number | null | undefined;
      /** The control group of its processes below that of the unit. */
      subgroup?: string | null | undefined;
      /** The user who registered it. */
      UID?: number | null | undefined;
    };
  };
  /** Opens a terminal of a container. */
  Open: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** What is behind the terminal. */
      mode: MachineOpenMode;
      /** For mode shell: the user in the container. */
      user?: string | null | undefined;
      /** For mode shell: the program. */
      path?: string | null | undefined;
      /** For mode shell: its arguments, the first being its own name. */
      args?: readonly string[] | null | undefined;
      /** For mode shell: its environment as NAME=VALUE. */
      environment?: readonly string[] | null | undefined;
    };
    reply: {
      /** The terminal's controlling side: an index into the descriptors sent along. */
      ptyFileDescriptor: number;
      /** The terminal's path in the container. */
      ptyPath: string;
    };
  };
  /** Maps a user or group of a machine to the host's number. */
  MapFrom: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** A user's number in the machine. */
      uid?: number | null | undefined;
      /** A group's number in the machine. */
      gid?: number | null | undefined;
    };
    reply: {
      /** The user's number on the host. */
      uid?: number | null | undefined;
      /** The group's number on the host. */
      gid?: number | null | undefined;
    };
  };
  /** Maps a user or group of the host to the machine that it belongs to. */
  MapTo: {
    parameters: {
      /** A user's number on the host. */
      uid?: number | null | undefined;
      /** A group's number on the host. */
      gid?: number | null | undefined;
    };
    reply: {
      /** The user's number in the machine. */
      uid?: number | null | undefined;
      /** The group's number in the machine. */
      gid?: number | null | undefined;
      /** The machine. */
      machineName?: string | null | undefined;
    };
  };
  /** Mounts a file or directory of the host in a container. */
  BindMount: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** The absolute path on the host. */
      source: string;
      /** The absolute path in the container. Default: the same. */
      destination?: string | null | undefined;
      /** Whether it cannot be written through the mount. */
      readOnly?: boolean | null | undefined;
      /** Whether to make the mount point where it is missing. */
      mkdir?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Copies a file or directory tree from a container. */
  CopyFrom: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** The absolute path in the container. */
      source: string;
      /** The absolute path on the host. Default: the same. */
      destination?: string | null | undefined;
      /** Whether to replace what is there. */
      replace?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Copies a file or directory tree to a container. */
  CopyTo: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
      /** The absolute path on the host. */
      source: string;
      /** The absolute path in the container. Default: the same. */
      destination?: string | null | undefined;
      /** Whether to replace what is there. */
      replace?: boolean | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Opens a container's root directory. */
  OpenRootDirectory: {
    parameters: {
      /** The machine of this name. */
      name?: string | null | undefined;
      /** The machine that this process belongs to; 0 is the caller's. */
      pid?: ProcessId | null | undefined;
      /** Whether the user may be asked for authentication. Default: no. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: {
      /** The directory: an index into the descriptors sent along. */
      fileDescriptor: number;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** There is no such machine. */
  NoSuchMachine: Record<string, never>;
  /** There is a machine of that name already. */
  MachineExists: Record<string, never>;
  /** The machine shares the host's network. */
  NoPrivateNetworking: Record<string, never>;
  /** The machine says nothing of its operating system. */
  NoOSReleaseInformation: Record<string, never>;
  /** The machine's users are not all shifted alike. */
  NoUIDShift: Record<string, never>;
  /** There is no such information. */
  NotAvailable: Record<string, never>;
  /** This cannot be done. */
  NotSupported: Record<string, never>;
  /** There is no bus in the container. */
  NoIPC: Record<string, never>;
  /** The machine has no such user. */
  NoSuchUser: Record<string, never>;
  /** The machine has no such group. */
  NoSuchGroup: Record<string, never>;
  /** The user is one of the host's own. */
  UserInHostRange: Record<string, never>;
  /** The group is one of the host's own. */
  GroupInHostRange: Record<string, never>;
}
