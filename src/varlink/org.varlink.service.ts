// Generated from org.varlink.service.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** What every Varlink service offers: who it is and which interfaces it has. */
export const description: Description = '# What every Varlink service offers: who it is and which interfaces it has.\ninterface org.varlink.service\n\n# Describes the service.\nmethod GetInfo() -> (\n\t# Who makes it\n\tvendor: string,\n\t# What it is called\n\tproduct: string,\n\t# Which version it has\n\tversion: string,\n\t# Where to read about it\n\turl: string,\n\t# Names of its interfaces, in the order of the alphabet\n\tinterfaces: []string\n)\n\n# Gives the definition of one of the interfaces.\nmethod GetInterfaceDescription(\n\t# The interface\'s name\n\tinterface: string\n) -> (\n\t# The definition, in Varlink\'s interface definition language\n\tdescription: string\n)\n\n# The service has no such interface.\nerror InterfaceNotFound(\n\tinterface: string\n)\n\n# The interface has no such method.\nerror MethodNotFound(\n\t# The name as it was called, with the interface\n\tmethod: string\n)\n\n# The interface defines the method, this service does not offer it.\nerror MethodNotImplemented(\n\t# The name as it was called, with the interface\n\tmethod: string\n)\n\n# A parameter is missing, unknown or of a wrong type.\nerror InvalidParameter(\n\t# Where it is, as in name or pids[3].id\n\tparameter: string\n)\n\n# The caller may not do this.\nerror PermissionDenied()\n\n# The method gives more than one reply, and was called without \'more\'.\nerror ExpectedMore()\n' as Description;

/** What each method takes and answers. */
export interface Methods {
  /** Describes the service. */
  GetInfo: {
    parameters: Record<string, never>;
    reply: {
      /** Who makes it */
      vendor: string;
      /** What it is called */
      product: string;
      /** Which version it has */
      version: string;
      /** Where to read about it */
      url: string;
      /** Names of its interfaces, in the order of the alphabet */
      interfaces: readonly string[];
    };
  };
  /** Gives the definition of one of the interfaces. */
  GetInterfaceDescription: {
    parameters: {
      /** The interface's name */
      interface: string;
    };
    reply: {
      /** The definition, in Varlink's interface definition language */
      description: string;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** The service has no such interface. */
  InterfaceNotFound: {
    interface: string;
  };
  /** The interface has no such method. */
  MethodNotFound: {
    /** The name as it was called, with the interface */
    method: string;
  };
  /** The interface defines the method, this service does not offer it. */
  MethodNotImplemented: {
    /** The name as it was called, with the interface */
    method: string;
  };
  /** A parameter is missing, unknown or of a wrong type. */
  InvalidParameter: {
    /** Where it is, as in name or pids[3].id */
    parameter: string;
  };
  /** The caller may not do this. */
  PermissionDenied: Record<string, never>;
  /** The method gives more than one reply, and was called without 'more'. */
  ExpectedMore: Record<string, never>;
}
