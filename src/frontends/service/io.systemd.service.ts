// Generated from io.systemd.service.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** What every service of systemd's kind has in common. */
export const description: Description = '# What every service of systemd\'s kind has in common.\ninterface io.systemd.service\n\n# Answers, which shows that the service does.\nmethod Ping() -> ()\n\n# Sets how much is logged.\nmethod SetLogLevel(\n\t# The least important level that is logged, as a number of syslog(3): 0 to 7.\n\tlevel: ?int\n) -> ()\n\n# Tells how much is logged.\nmethod GetLogLevel() -> (\n\t# The least important level that is logged, as a number of syslog(3).\n\tlevel: int\n)\n\n# Tells the environment that the service runs in.\nmethod GetEnvironment() -> (\n\t# NAME=VALUE.\n\tenvironment: ?[]string\n)\n\n# The environment cannot be told.\nerror InconsistentEnvironment()\n' as Description;

/** What each method takes and answers. */
export interface Methods {
  /** Answers, which shows that the service does. */
  Ping: {
    parameters: Record<string, never>;
    reply: Record<string, never>;
  };
  /** Sets how much is logged. */
  SetLogLevel: {
    parameters: {
      /** The least important level that is logged, as a number of syslog(3): 0 to 7. */
      level?: number | null | undefined;
    };
    reply: Record<string, never>;
  };
  /** Tells how much is logged. */
  GetLogLevel: {
    parameters: Record<string, never>;
    reply: {
      /** The least important level that is logged, as a number of syslog(3). */
      level: number;
    };
  };
  /** Tells the environment that the service runs in. */
  GetEnvironment: {
    parameters: Record<string, never>;
    reply: {
      /** NAME=VALUE. */
      environment?: readonly string[] | null | undefined;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** The environment cannot be told. */
  InconsistentEnvironment: Record<string, never>;
}
