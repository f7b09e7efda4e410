// Generated from io.github.mymachines.Registry.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/**
 * What systemd-machined does not tell: each change of the machines that there are, where their names come from, and why
 * some are not there.
 */
export const description: Description = '# What systemd-machined does not tell: each change of the machines that there are, where their names come from, and why\n# some are not there.\ninterface io.github.mymachines.Registry\n\n# What a machine is.\ntype MachineClass(\n\tcontainer,\n\tvm,\n\thost\n)\n\n# A network interface.\ntype Interface(\n\t# Its index, in the network that it is in.\n\tindex: int,\n\t# Its name there, where known.\n\tname: ?string\n)\n\ntype AddressFamily(\n\tipv4,\n\tipv6\n)\n\n# How an address is known.\ntype AddressSource(\n\t# The kernel tells as it changes.\n\tnetlink,\n\t# From /proc, when somebody asks; that does not tell where an interface leads.\n\tproc,\n\t# The host\'s own, when somebody asks.\n\tgetifaddrs,\n\t# A VM\'s: it was registered with it (sshAddress).\n\tregistration,\n\t# A VM\'s: systemd-networkd\'s DHCP server on this host gave it to it.\n\tnetworkd,\n\t# A VM\'s: libvirt\'s DHCP server on this host gave it to it.\n\tlibvirt,\n\t# A VM\'s: another DHCP server\'s lease file says so.\n\tlease_file,\n\t# A VM\'s: it answers to it on its link to the host.\n\tneighbour\n)\n\n# What the kernel says of an address besides its scope.\ntype AddressFlag(\n\t# Duplicate address detection has not ended.\n\ttentative,\n\t# Its preferred lifetime is over.\n\tdeprecated\n)\n\n# Why an address is given out, or is not.\ntype AddressVerdict(\n\t# It is given out.\n\tchosen,\n\t# Nobody knows yet whether another host has it too.\n\ttentative,\n\t# Its preferred lifetime is over.\n\tdeprecated,\n\t# It means nothing outside the machine.\n\thost_scope,\n\t# The same address on the same interface is given out already.\n\tduplicate,\n\t# Its interface does not lead to the host, and that of another of its family does.\n\tinner_link,\n\t# It means something on one link only, and another of its family reaches further.\n\tlink_local\n)\n\n# An address that was seen.\ntype Address(\n\tfamily: AddressFamily,\n\t# As text, without the prefix length.\n\taddress: string,\n\tprefixLength: int,\n\t# The interface that it is on, in the machine. A VM\'s are not seen from outside.\n\tinterfaceInside: ?Interface,\n\t# The interface of the host that this one leads to, where it leads to one.\n\tinterfaceOnHost: ?Interface,\n\t# How far it means something: global, site, link, host, nowhere, or a number (rtnetlink(7), ifa_scope).\n\tscope: string,\n\tflags: []AddressFlag,\n\tsource: AddressSource,\n\tverdict: AddressVerdict\n)\n\n# A run of ids, as in a line of /proc/PID/uid_map.\ntype IdMapLine(\n\t# The first id in the machine.\n\tinside: int,\n\t# The first id on the host.\n\toutside: int,\n\tcount: int\n)\n\n# A run of the host\'s ids that several machines claim.\ntype Overlap(\n\t# The first one.\n\tstart: int,\n\tcount: int,\n\t# The machines\' names; the ids belong to the first.\n\tmachines: []string\n)\n\n# What stands in the way of names.\ntype ObstacleReason(\n\t# It is a VM, and nobody says what addresses it has.\n\tvm_network,\n\t# It shares the network of the host.\n\thost_network,\n\t# It has no address, or none that is worth telling.\n\tno_address,\n\t# Its addresses are read when somebody asks, and where its interfaces lead is not known.\n\tnot_live,\n\t# It may have more addresses than are looked at.\n\taddress_limit,\n\t# It may have more interfaces with addresses than are looked at.\n\tinterface_limit,\n\t# It is a VM, whose users are not the host\'s affair.\n\tvm_users,\n\t# It shares the users of the host.\n\thost_users,\n\t# No id of the host is mapped in its user namespace, or none is known.\n\tno_id_map,\n\t# Some of its ids, or all, are among the host\'s own, which have no other names.\n\thost_ids,\n\t# With the machine\'s name and the number a user name would be too long or have a dot, and the short name that would\n\t# stand for the machine\'s is another machine\'s, too.\n\tshort_name,\n\t# Another machine claims some of its ids and comes first.\n\toverlap\n)\n\n# Something that stands in the way of names.\ntype Obstacle(\n\treason: ObstacleReason,\n\t# For short_name: users and groups whose number in the machine is this or greater have no names.\n\tfrom: ?int,\n\t# For overlap: the machines.\n\tmachines: ?[]string\n)\n\n# What stands for a machine\'s name in the names of its users and groups, as in vu-webexa_ao56qkvers-33, where that name\n# itself has a dot or leaves too little room.\ntype ShortName(\n\tname: string,\n\t# Users and groups whose number in the machine is this or greater have such names; the others vu-NAME-NUMBER.\n\tfrom: int\n)\n\n# An address that is given out.\ntype ChosenAddress(\n\tfamily: AddressFamily,\n\t# As text, without the prefix length.\n\taddress: string,\n\tprefixLength: int,\n\t# The interface that it is on, in the machine; those of a VM are not seen from outside.\n\tinterfaceInside: ?Interface,\n\t# The index of the host\'s interface that this one leads to, where it leads to one. Its name may change at any time.\n\thostInterfaceIndex: ?int\n)\n\n# What a reply of Subscribe tells.\ntype Event(\n\t# A machine that is there: these come first, in the order of registration.\n\tpresent,\n\t# All that are there have been told; what follows has happened since.\n\tcomplete,\n\t# A machine was registered.\n\tadded,\n\t# A machine is gone. One of the same name may come at once, which is another.\n\tremoved,\n\t# Its addresses are others now, or the best is another.\n\taddresses_changed,\n\t# Its users or groups are mapped otherwise now.\n\tid_map_changed,\n\t# Changes were left out, because the reader was too slow for them. Nothing told before holds; what is there now follows,\n\t# as at the beginning.\n\tresync\n)\n\n# Where machines come from.\ntype SourceName(\n\t# Those of another registry, systemd-machined.\n\tmachine1,\n\t# Those that programs register here.\n\tembedded\n)\n\n# How far a source knows what it tells.\ntype SourceState(\n\t# As it is now.\n\tlive,\n\t# As it was, since nobody tells of changes at the moment.\n\tstale,\n\t# Nothing yet.\n\tabsent\n)\n\n# A source.\ntype Source(\n\tname: SourceName,\n\tstate: SourceState,\n\t# How many machines it has.\n\tmachines: int,\n\t# For stale: since when, on CLOCK_REALTIME in µs.\n\tsince: ?int,\n\t# For stale and absent: why.\n\treason: ?string\n)\n\n# What only one machine can have.\ntype Shared(\n\tname,\n\tleader,\n\tunit\n)\n\n# A machine of a source that nobody finds, as one of an earlier source has what can be only one\'s.\ntype SourceConflict(\n\tmachine: string,\n\tsource: SourceName,\n\t# What both have.\n\twhat: Shared,\n\t# The machine that is found.\n\tby: string,\n\tbySource: SourceName\n)\n\n# The process that answers.\ntype ServiceProcess(\n\tpid: int,\n\t# How many descriptors it has open.\n\tdescriptors: int,\n\t# How many it may have open (RLIMIT_NOFILE), where there is a limit.\n\tdescriptorLimit: ?int\n)\n\n# Tells what machines there are, and from then on every change, in order and without a gap; the host itself is left out.\n# Call it with \'more\'. It ends when the service does, or when the caller has not read for 45 seconds.\n#\n# Who is there may be seen by everybody, as in List. Addresses and id maps need the privilege to inspect machines\n# (org.freedesktop.machine1.inspect-machines), as List does with acquireMetadata; it is looked at once, at the beginning.\n#\n# Addresses are told as they change; where they are not live (see Explain), within two seconds. That the leader of a\n# machine went into another user or network namespace is told once somebody has asked for the machine\'s metadata.\nmethod Subscribe(\n\t# Whether to tell of addresses and id maps, too. Without it there are no addresses_changed and id_map_changed.\n\tdetails: ?bool,\n\t# Whether polkit may ask the user for a password.\n\tallowInteractiveAuthentication: ?bool\n) -> (\n\tevent: Event,\n\t# The machine; not with complete and resync.\n\tname: ?string,\n\t# With present, added and removed.\n\tclass: ?MachineClass,\n\t# With present, added and addresses_changed: those that are given out now, all of them, the best first. None for a VM of\n\t# which none are known, and for a machine that shares the network of the host.\n\taddresses: ?[]ChosenAddress,\n\t# With present, added and id_map_changed: the ids now, all of them. None for a VM.\n\tuidMap: ?[]IdMapLine,\n\tgidMap: ?[]IdMapLine\n)\n\n# Tells where the names of a machine come from: every address that was seen, and what stands in the way.\nmethod Explain(\n\t# The machine\'s name.\n\tname: string,\n\t# Whether polkit may ask the user for a password.\n\tallowInteractiveAuthentication: ?bool\n) -> (\n\tname: string,\n\tclass: MachineClass,\n\t# PID of the process whose life is the machine\'s.\n\tleader: int,\n\t# The software that registered it.\n\tservice: ?string,\n\t# The interfaces of the host that it was registered with.\n\tinterfaces: []Interface,\n\t# Whether it has the network of the host.\n\tsharesHostNetwork: bool,\n\t# Whether it has the users of the host.\n\tsharesHostUsers: bool,\n\t# All addresses that were seen; those given out come first, in their order.\n\taddresses: []Address,\n\tuidMap: []IdMapLine,\n\tgidMap: []IdMapLine,\n\t# By how much users and groups alike are shifted, where that is all there is to say.\n\tuidShift: ?int,\n\t# Where some of the ids above need it, and no other machine would have the same.\n\tshortName: ?ShortName,\n\t# User ids that others claim too, 64 runs at most.\n\tuserOverlaps: []Overlap,\n\t# The same for group ids.\n\tgroupOverlaps: []Overlap,\n\tobstacles: []Obstacle\n)\n\n# How bad it is.\ntype FindingLevel(\n\t# What is told is right, but some of it is missing.\n\twarn,\n\t# Somebody who asks finds nobody, or somebody else than is meant.\n\tfail\n)\n\n# What was found.\ntype FindingReason(\n\t# Several machines would like to be found by a name that none was registered with: nobody is found by it.\n\tname_collision,\n\t# Machines would like to be found by a name that another was registered with: that one is found by it.\n\tname_hidden,\n\t# Names differ only in case: each is found as it is spelled, and otherwise the one that was registered first.\n\tname_case,\n\t# The name has a part of 64 characters, which the DNS cannot carry: the machine is not found by it.\n\tname_long_label,\n\t# Several machines claim user ids: they belong to the first.\n\tuser_overlap,\n\t# Several machines claim group ids: they belong to the first.\n\tgroup_overlap,\n\t# Several machines would have the same short name: users and groups that need it have no names.\n\tshort_name,\n\t# Machines whose addresses are read when somebody asks.\n\tnot_live,\n\t# Machines that may have more addresses than are looked at.\n\taddress_limit,\n\t# Machines that may have more interfaces with addresses than are looked at.\n\tinterface_limit\n)\n\n# Something about the machines that a person should know.\ntype Finding(\n\tlevel: FindingLevel,\n\treason: FindingReason,\n\t# The machines\' names, 16 at most.\n\tmachines: []string,\n\t# How many more machines it is about.\n\tothers: int,\n\t# For name_collision, name_hidden, name_case and name_long_label: the name, in lower case. For short_name: the name.\n\tname: ?string,\n\t# For name_hidden: the machine that has it.\n\tby: ?string,\n\t# For user_overlap and group_overlap: the first of the ids, and how many.\n\tstart: ?int,\n\tcount: ?int\n)\n\n# Looks for what is wrong with the machines and their names, as far as the registry tells.\nmethod Check(\n\t# Whether polkit may ask the user for a password.\n\tallowInteractiveAuthentication: ?bool\n) -> (\n\t# In the order of reasons; 64 of each at most.\n\tfindings: []Finding,\n\t# The reasons that there is more of.\n\tmore: []FindingReason,\n\t# In the order in which they count.\n\tsources: []Source,\n\t# 64 at most.\n\tconflicts: []SourceConflict,\n\t# How many more there are.\n\tmoreConflicts: int,\n\tservice: ServiceProcess\n)\n\n# Which way files go.\ntype CopyDirection(\n\t# From the host into the machine.\n\tto,\n\t# From the machine to the host.\n\tfrom\n)\n\n# Copies a file or directory tree between the host and a container, as CopyTo and CopyFrom of io.systemd.Machine do. With\n# \'more\' it tells a few times a second how far it has got. It ends when the caller hangs up.\nmethod Copy(\n\t# The machine\'s name.\n\tname: string,\n\tdirection: CopyDirection,\n\t# The absolute path where the files are.\n\tsource: string,\n\t# The absolute path where they go. Default: the same.\n\tdestination: ?string,\n\t# Whether to replace what is there.\n\treplace: ?bool,\n\t# Whether polkit may ask the user for a password.\n\tallowInteractiveAuthentication: ?bool\n) -> (\n\t# Of content, as far as was told: the last reply may not know of the last of them.\n\tbytes: int,\n\t# Of every kind, as far as was told.\n\tfiles: int\n)\n\n# There is no machine of that name.\nerror NoSuchMachine()\n' as Description;

/** What a machine is. */
export type MachineClass = 'container' | 'vm' | 'host';

/** A network interface. */
export interface Interface {
  /** Its index, in the network that it is in. */
  index: number;
  /** Its name there, where known. */
  name?: string | null | undefined;
}

export type AddressFamily = 'ipv4' | 'ipv6';

/** How an address is known. */
export type AddressSource = 'netlink' | 'proc' | 'getifaddrs' | 'registration' | 'networkd' | 'libvirt' | 'lease_file' | 'neighbour';

/** What the kernel says of an address besides its scope. */
export type AddressFlag = 'tentative' | 'deprecated';

/** Why an address is given out, or is not. */
export type AddressVerdict = 'chosen' | 'tentative' | 'deprecated' | 'host_scope' | 'duplicate' | 'inner_link' | 'link_local';

/** An address that was seen. */
export interface Address {
  family: AddressFamily;
  /** As text, without the prefix length. */
  address: string;
  prefixLength: number;
  /** The interface that it is on, in the machine. A VM's are not seen from outside. */
  interfaceInside?: Interface | null | undefined;
  /** The interface of the host that this one leads to, where it leads to one. */
  interfaceOnHost?: Interface | null | undefined;
  /** How far it means something: global, site, link, host, nowhere, or a number (rtnetlink(7), ifa_scope). */
  scope: string;
  flags: readonly AddressFlag[];
  source: AddressSource;
  verdict: AddressVerdict;
}

/** A run of ids, as in a line of /proc/PID/uid_map. */
export interface IdMapLine {
  /** The first id in the machine. */
  inside: number;
  /** The first id on the host. */
  outside: number;
  count: number;
}

/** A run of the host's ids that several machines claim. */
export interface Overlap {
  /** The first one. */
  start: number;
  count: number;
  /** The machines' names; the ids belong to the first. */
  machines: readonly string[];
}

/** What stands in the way of names. */
export type ObstacleReason = 'vm_network' | 'host_network' | 'no_address' | 'not_live' | 'address_limit' | 'interface_limit' | 'vm_users' | 'host_users' | 'no_id_map' | 'host_ids' | 'short_name' | 'overlap';

/** Something that stands in the way of names. */
export interface Obstacle {
  reason: ObstacleReason;
  /** For short_name: users and groups whose number in the machine is this or greater have no names. */
  from?: number | null | undefined;
  /** For overlap: the machines. */
  machines?: readonly string[] | null | undefined;
}

/**
 * What stands for a machine's name in the names of its users and groups, as in vu-webexa_ao56qkvers-33, where that name
 * itself has a dot or leaves too little room.
 */
export interface ShortName {
  name: string;
  /** Users and groups whose number in the machine is this or greater have such names; the others vu-NAME-NUMBER. */
  from: number;
}

/** An address that is given out. */
export interface ChosenAddress {
  family: AddressFamily;
  /** As text, without the prefix length. */
  address: string;
  prefixLength: number;
  /** The interface that it is on, in the machine; those of a VM are not seen from outside. */
  interfaceInside?: Interface | null | undefined;
  /** The index of the host's interface that this one leads to, where it leads to one. Its name may change at any time. */
  hostInterfaceIndex?: number | null | undefined;
}

/** What a reply of Subscribe tells. */
export type Event = 'present' | 'complete' | 'added' | 'removed' | 'addresses_changed' | 'id_map_changed' | 'resync';

/** Where machines come from. */
export type SourceName = 'machine1' | 'embedded';

/** How far a source knows what it tells. */
export type SourceState = 'live' | 'stale' | 'absent';

/** A source. */
export interface Source {
  name: SourceName;
  state: SourceState;
  /** How many machines it has. */
  machines: number;
  /** For stale: since when, on CLOCK_REALTIME in µs. */
  since?: number | null | undefined;
  /** For stale and absent: why. */
  reason?: string | null | undefined;
}

/** What only one machine can have. */
export type Shared = 'name' | 'leader' | 'unit';

/** A machine of a source that nobody finds, as one of an earlier source has what can be only one's. */
export interface SourceConflict {
  machine: string;
  source: SourceName;
  /** What both have. */
  what: Shared;
  /** The machine that is found. */
  by: string;
  bySource: SourceName;
}

/** The process that answers. */
export interface ServiceProcess {
  pid: number;
  /** How many descriptors it has open. */
  descriptors: number;
  /** How many it may have open (RLIMIT_NOFILE), where there is a limit. */
  descriptorLimit?: number | null | undefined;
}

/** How bad it is. */
export type FindingLevel = 'warn' | 'fail';

/** What was found. */
export type FindingReason = 'name_collision' | 'name_hidden' | 'name_case' | 'name_long_label' | 'user_overlap' | 'group_overlap' | 'short_name' | 'not_live' | 'address_limit' | 'interface_limit';

/** Something about the machines that a person should know. */
export interface Finding {
  level: FindingLevel;
  reason: FindingReason;
  /** The machines' names, 16 at most. */
  machines: readonly string[];
  /** How many more machines it is about. */
  others: number;
  /** For name_collision, name_hidden, name_case and name_long_label: the name, in lower case. For short_name: the name. */
  name?: string | null | undefined;
  /** For name_hidden: the machine that has it. */
  by?: string | null | undefined;
  /** For user_overlap and group_overlap: the first of the ids, and how many. */
  start?: number | null | undefined;
  count?: number | null | undefined;
}

/** Which way files go. */
export type CopyDirection = 'to' | 'from';

/** What each method takes and answers. */
export interface Methods {
  /**
   * Tells what machines there are, and from then on every change, in order and without a gap; the host itself is left out.
   * Call it with 'more'. It ends when the service does, or when the caller has not read for 45 seconds.
   *
   * Who is there may be seen by everybody, as in List. Addresses and id maps need the privilege to inspect machines
   * (org.freedesktop.machine1.inspect-machines), as List does with acquireMetadata; it is looked at once, at the beginning.
   *
   * Addresses are told as they change; where they are not live (see Explain), within two seconds. That the leader of a
   * machine went into another user or network namespace is told once somebody has asked for the machine's metadata.
   */
  Subscribe: {
    parameters: {
      /** Whether to tell of addresses and id maps, too. Without it there are no addresses_changed and id_map_changed. */
      details?: boolean | null | undefined;
      /** Whether polkit may ask the user for a password. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: {
      event: Event;
      /** The machine; not with complete and resync. */
      name?: string | null | undefined;
      /** With present, added and removed. */
      class?: MachineClass | null | undefined;
      /**
       * With present, added and addresses_changed: those that are given out now, all of them, the best first. None for a VM of
       * which none are known, and for a machine that shares the network of the host.
       */
      addresses?: readonly ChosenAddress[] | null | undefined;
      /** With present, added and id_map_changed: the ids now, all of them. None for a VM. */
      uidMap?: readonly IdMapLine[] | null | undefined;
      gidMap?: readonly IdMapLine[] | null | undefined;
    };
  };
  /** Tells where the names of a machine come from: every address that was seen, and what stands in the way. */
  Explain: {
    parameters: {
      /** The machine's name. */
      name: string;
      /** Whether polkit may ask the user for a password. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: {
      name: string;
      class: MachineClass;
      /** PID of the process whose life is the machine's. */
      leader: number;
      /** The software that registered it. */
      service?: string | null | undefined;
      /** The interfaces of the host that it was registered with. */
      interfaces: readonly Interface[];
      /** Whether it has the network of the host. */
      sharesHostNetwork: boolean;
      /** Whether it has the users of the host. */
      sharesHostUsers: boolean;
      /** All addresses that were seen; those given out come first, in their order. */
      addresses: readonly Address[];
      uidMap: readonly IdMapLine[];
      gidMap: readonly IdMapLine[];
      /** By how much users and groups alike are shifted, where that is all there is to say. */
      uidShift?: number | null | undefined;
      /** Where some of the ids above need it, and no other machine would have the same. */
      shortName?: ShortName | null | undefined;
      /** User ids that others claim too, 64 runs at most. */
      userOverlaps: readonly Overlap[];
      /** The same for group ids. */
      groupOverlaps: readonly Overlap[];
      obstacles: readonly Obstacle[];
    };
  };
  /** Looks for what is wrong with the machines and their names, as far as the registry tells. */
  Check: {
    parameters: {
      /** Whether polkit may ask the user for a password. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: {
      /** In the order of reasons; 64 of each at most. */
      findings: readonly Finding[];
      /** The reasons that there is more of. */
      more: readonly FindingReason[];
      /** In the order in which they count. */
      sources: readonly Source[];
      /** 64 at most. */
      conflicts: readonly SourceConflict[];
      /** How many more there are. */
      moreConflicts: number;
      service: ServiceProcess;
    };
  };
  /**
   * Copies a file or directory tree between the host and a container, as CopyTo and CopyFrom of io.systemd.Machine do. With
   * 'more' it tells a few times a second how far it has got. It ends when the caller hangs up.
   */
  Copy: {
    parameters: {
      /** The machine's name. */
      name: string;
      direction: CopyDirection;
      /** The absolute path where the files are. */
      source: string;
      /** The absolute path where they go. Default: the same. */
      destination?: string | null | undefined;
      /** Whether to replace what is there. */
      replace?: boolean | null | undefined;
      /** Whether polkit may ask the user for a password. */
      allowInteractiveAuthentication?: boolean | null | undefined;
    };
    reply: {
      /** Of content, as far as was told: the last reply may not know of the last of them. */
      bytes: number;
      /** Of every kind, as far as was told. */
      files: number;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** There is no machine of that name. */
  NoSuchMachine: Record<string, never>;
}
