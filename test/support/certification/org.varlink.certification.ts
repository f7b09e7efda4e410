// Generated from org.varlink.certification.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/**
 * A conversation that shows whether two implementations of Varlink understand each other. The client calls Start, Test01
 * to Test11 and End, in this order, and passes to each what the one before it gave.
 */
export const description: Description = '# A conversation that shows whether two implementations of Varlink understand each other. The client calls Start, Test01\n# to Test11 and End, in this order, and passes to each what the one before it gave.\ninterface org.varlink.certification\n\ntype Interface(\n\tfoo: ?[]?[string](\n\t\tfoo,\n\t\tbar,\n\t\tbaz\n\t),\n\tanon: (\n\t\tfoo: bool,\n\t\tbar: bool\n\t)\n)\n\ntype MyType(\n\tobject: object,\n\tenum: (\n\t\tone,\n\t\ttwo,\n\t\tthree\n\t),\n\tstruct: (\n\t\tfirst: int,\n\t\tsecond: string\n\t),\n\tarray: []string,\n\tdictionary: [string]string,\n\tstringset: [string](),\n\tnullable: ?string,\n\tnullable_array_struct: ?[](\n\t\tfirst: int,\n\t\tsecond: string\n\t),\n\tinterface: Interface\n)\n\n# Begins: the client\'s name for all that follows.\nmethod Start() -> (\n\tclient_id: string\n)\n\nmethod Test01(\n\tclient_id: string\n) -> (\n\tbool: bool\n)\n\nmethod Test02(\n\tclient_id: string,\n\tbool: bool\n) -> (\n\tint: int\n)\n\nmethod Test03(\n\tclient_id: string,\n\tint: int\n) -> (\n\tfloat: float\n)\n\nmethod Test04(\n\tclient_id: string,\n\tfloat: float\n) -> (\n\tstring: string\n)\n\nmethod Test05(\n\tclient_id: string,\n\tstring: string\n) -> (\n\tbool: bool,\n\tint: int,\n\tfloat: float,\n\tstring: string\n)\n\nmethod Test06(\n\tclient_id: string,\n\tbool: bool,\n\tint: int,\n\tfloat: float,\n\tstring: string\n) -> (\n\tstruct: (\n\t\tbool: bool,\n\t\tint: int,\n\t\tfloat: float,\n\t\tstring: string\n\t)\n)\n\nmethod Test07(\n\tclient_id: string,\n\tstruct: (\n\t\tbool: bool,\n\t\tint: int,\n\t\tfloat: float,\n\t\tstring: string\n\t)\n) -> (\n\tmap: [string]string\n)\n\nmethod Test08(\n\tclient_id: string,\n\tmap: [string]string\n) -> (\n\tset: [string]()\n)\n\nmethod Test09(\n\tclient_id: string,\n\tset: [string]()\n) -> (\n\tmytype: MyType\n)\n\n# Gives several replies.\nmethod Test10(\n\tclient_id: string,\n\tmytype: MyType\n) -> (\n\tstring: string\n)\n\n# Is called without waiting for a reply, with all the replies of Test10.\nmethod Test11(\n\tclient_id: string,\n\tlast_more_replies: []string\n) -> ()\n\n# Ends: whether everything was as it should be.\nmethod End(\n\tclient_id: string\n) -> (\n\tall_ok: bool\n)\n\n# There is no such client, or it called another method than the next one.\nerror ClientIdError()\n\n# The parameters are not the ones that were given before.\nerror CertificationError(\n\twants: object,\n\tgot: object\n)\n' as Description;

export interface Interface {
  foo?: readonly (Record<string, 'foo' | 'bar' | 'baz'> | null)[] | null | undefined;
  anon: {
    foo: boolean;
    bar: boolean;
  };
}

export interface MyType {
  object: Record<string, unknown>;
  enum: 'one' | 'two' | 'three';
  struct: {
    first: number;
    second: string;
  };
  array: readonly string[];
  dictionary: Record<string, string>;
  stringset: Record<string, Record<string, never>>;
  nullable?: string | null | undefined;
  nullable_array_struct?: readonly {
    first: number;
    second: string;
  }[] | null | undefined;
  interface: Interface;
}

/** What each method takes and answers. */
export interface Methods {
  /** Begins: the client's name for all that follows. */
  Start: {
    parameters: Record<string, never>;
    reply: {
      client_id: string;
    };
  };
  Test01: {
    parameters: {
      client_id: string;
    };
    reply: {
      bool: boolean;
    };
  };
  Test02: {
    parameters: {
      client_id: string;
      bool: boolean;
    };
    reply: {
      int: number;
    };
  };
  Test03: {
    parameters: {
      client_id: string;
      int: number;
    };
    reply: {
      float: number;
    };
  };
  Test04: {
    parameters: {
      client_id: string;
      float: number;
    };
    reply: {
      string: string;
    };
  };
  Test05: {
    parameters: {
      client_id: string;
      string: string;
    };
    reply: {
      bool: boolean;
      int: number;
      float: number;
      string: string;
    };
  };
  Test06: {
    parameters: {
      client_id: string;
      bool: boolean;
      int: number;
      float: number;
      string: string;
    };
    reply: {
      struct: {
        bool: boolean;
        int: number;
        float: number;
        string: string;
      };
    };
  };
  Test07: {
    parameters: {
      client_id: string;
      struct: {
        bool: boolean;
        int: number;
        float: number;
        string: string;
      };
    };
    reply: {
      map: Record<string, string>;
    };
  };
  Test08: {
    parameters: {
      client_id: string;
      map: Record<string, string>;
    };
    reply: {
      set: Record<string, Record<string, never>>;
    };
  };
  Test09: {
    parameters: {
      client_id: string;
      set: Record<string, Record<string, never>>;
    };
    reply: {
      mytype: MyType;
    };
  };
  /** Gives several replies. */
  Test10: {
    parameters: {
      client_id: string;
      mytype: MyType;
    };
    reply: {
      string: string;
    };
  };
  /** Is called without waiting for a reply, with all the replies of Test10. */
  Test11: {
    parameters: {
      client_id: string;
      last_more_replies: readonly string[];
    };
    reply: Record<string, never>;
  };
  /** Ends: whether everything was as it should be. */
  End: {
    parameters: {
      client_id: string;
    };
    reply: {
      all_ok: boolean;
    };
  };
}

/** What each error carries. */
export interface Errors {
  /** There is no such client, or it called another method than the next one. */
  ClientIdError: Record<string, never>;
  /** The parameters are not the ones that were given before. */
  CertificationError: {
    wants: Record<string, unknown>;
    got: Record<string, unknown>;
  };
}
