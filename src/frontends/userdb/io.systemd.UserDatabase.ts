// Generated from io.systemd.UserDatabase.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** Users and groups by name, by number, or all of them. */
export const description: Description = '# Users and groups by name, by number, or all of them.\ninterface io.systemd.UserDatabase\n\n# Looks up one user by number, by name, or by both, or lists all users when neither is given.\n# [Supports \'more\' flag]\nmethod GetUserRecord(\n\t# The user\'s number: 32 bits.\n\tuid: ?int,\n\t# The user\'s name.\n\tuserName: ?string,\n\t# Only users one of whose names is close to one of these.\n\tfuzzyNames: ?[]string,\n\t# Only users of these dispositions.\n\tdispositionMask: ?[]string,\n\t# Only users with at least this number.\n\tuidMin: ?int,\n\t# Only users with at most this number.\n\tuidMax: ?int,\n\t# Only the user with this UUID.\n\tuuid: ?string,\n\t# The name of the socket that is asked, since one process may serve several.\n\tservice: string\n) -> (\n\t# The user record, as https://systemd.io/USER_RECORD has it.\n\trecord: object,\n\t# True when something was left out that the caller may not see.\n\tincomplete: ?bool\n)\n\n# Looks up one group by number, by name, or by both, or lists all groups when neither is given.\n# [Supports \'more\' flag]\nmethod GetGroupRecord(\n\t# The group\'s number: 32 bits.\n\tgid: ?int,\n\t# The group\'s name.\n\tgroupName: ?string,\n\t# Only groups one of whose names is close to one of these.\n\tfuzzyNames: ?[]string,\n\t# Only groups of these dispositions.\n\tdispositionMask: ?[]string,\n\t# Only groups with at least this number.\n\tgidMin: ?int,\n\t# Only groups with at most this number.\n\tgidMax: ?int,\n\t# Only the group with this UUID.\n\tuuid: ?string,\n\t# The name of the socket that is asked, since one process may serve several.\n\tservice: string\n) -> (\n\t# The group record, as https://systemd.io/GROUP_RECORD has it.\n\trecord: object,\n\t# True when something was left out that the caller may not see.\n\tincomplete: ?bool\n)\n\n# Lists which users are members of which groups.\n# [Supports \'more\' flag]\nmethod GetMemberships(\n\t# Only the groups of this user.\n\tuserName: ?string,\n\t# Only the members of this group.\n\tgroupName: ?string,\n\t# The name of the socket that is asked, since one process may serve several.\n\tservice: string\n) -> (\n\t# A user …\n\tuserName: string,\n\t# … and a group that the user is a member of.\n\tgroupName: string\n)\n\n# Nothing matches.\nerror NoRecordFound()\n\n# The service parameter names another socket.\nerror BadService()\n\n# The service cannot answer now.\nerror ServiceNotAvailable()\n\n# Name and number are both known, but of different records.\nerror ConflictingRecordFound()\n\n# There is a record of that name or number, but the other conditions exclude it.\nerror NonMatchingRecordFound()\n\n# This service finds single records, but does not list them.\nerror EnumerationNotSupported()\n' as Description;

/** What each method takes and answers. */
export interface Methods {
  /**
   * Looks up one user by number, by name, or by both, or lists all users when neither is given.
   * [Supports 'more' flag]
   */
  GetUserRecord: {
    parameters: {
      /** The user's number: 32 bits. */
      uid?: number | null | undefined;
      /** The user's name. */
      userName?: string | null | undefined;
      /** Only users one of whose names is close to one of these. */
      fuzzyNames?: readonly string[] | null | undefined;
      /** Only users of these dispositions. */
      dispositionMask?: readonly string[] | null | undefined;
      /** Only users with at least this number. */
      uidMin?: number | null | undefined;
      /** Only users with at most this number. */
      uidMax?: number | null | undefined;
      /** Only the user with this UUID. */
      uuid?: string | null | undefined;
      /** The name of the socket that is asked, since one process may serve several. */
      service: string;
    };
    reply: {
      /** The user record, as https://systemd.io/USER_RECORD has it. */
      record: Record<string, unknown>;
      /** True when something was left out that the caller may not see. */
      incomplete?: boolean | null | undefined;
    };
  };
  /**
   * Looks up one group by number, by name, or by both, or lists all groups when neither is given.
   * [Supports 'more' flag]
   */
  GetGroupRecord: {
    parameters: {
      /** The group's number: 32 bits. */
      gid?: number | null | undefined;
      /** The group's name. */
      groupName?: string | null | undefined;
      /** Only groups one of whose names is close to one of these. */
      fuzzyNames?: readonly string[] | null | undefined;
      /** Only groups of these dispositions. */
      dispositionMask?: readonly string[] | null | undefined;
      /** Only groups with at least this number. */
      gidMin?: number | null | undefined;
      /** Only groups with at most this number. */
      gidMax?: number | null | undefined;
      /** Only the group with this UUID. */
      uuid?: string | null | undefined;
      /** The name of the socket that is asked, since one process may serve several. */
      service: string;
    };
    reply: {
      /** The group record, as https://systemd.io/GROUP_RECORD has it. */
      record: Record<string, unknown>;
      /** True when something was left out that the caller may not see. */
      incomplete?: boolean | null | undefined;
    };
  };
  /**
   * Lists which users are members of which groups.
   * [Supports 'more' flag]
   */
  GetMemberships: {
    parameters: {
      /** Only the groups of this user. */
      userName?: string | null | undefined;
      /** Only the members of this group. */
      groupName?: string | null | undefined;
      /** The name of the socket that is asked, since one process may serve several. */
      service: string;
    };
    reply: {
      /** A user … */
      userName: string;
      /** … and a group that the user is a member of. */
      groupName: string;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** Nothing matches. */
  NoRecordFound: Record<string, never>;
  /** The service parameter names another socket. */
  BadService: Record<string, never>;
  /** The service cannot answer now. */
  ServiceNotAvailable: Record<string, never>;
  /** Name and number are both known, but of different records. */
  ConflictingRecordFound: Record<string, never>;
  /** There is a record of that name or number, but the other conditions exclude it. */
  NonMatchingRecordFound: Record<string, never>;
  /** This service finds single records, but does not list them. */
  EnumerationNotSupported: Record<string, never>;
}
