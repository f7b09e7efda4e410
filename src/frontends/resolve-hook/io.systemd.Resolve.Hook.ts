// Generated from io.systemd.Resolve.Hook.varlink: change that, then generate this again.
// biome-ignore-all format: generated

export type Description = string & { readonly methods?: Methods; readonly errors?: Errors };

/** Lets a program answer questions for host names before systemd-resolved asks the network. */
export const description: Description = '# Lets a program answer questions for host names before systemd-resolved asks the network.\ninterface io.systemd.Resolve.Hook\n\n# A record that answers a question.\ntype Answer(\n\t# The record in fields, for people to read.\n\trr: ?ResourceRecord,\n\t# The record in the format of the DNS (RFC 1035 3.2.1), without compression, in Base64. This is what is used.\n\traw: string\n)\n\n# A question.\ntype Question(\n\tkey: ResourceKey\n)\n\n# What a record is of, or what a question is for.\ntype ResourceKey(\n\t# RFC 1035 3.2.4. Left out: 1, the Internet.\n\tclass: ?int,\n\t# RFC 1035 3.2.2: 1 is A, 28 is AAAA, 12 is PTR.\n\ttype: int,\n\t# A domain name, its labels joined by dots.\n\tname: string\n)\n\n# A record. Of its fields those are there that its type has.\ntype ResourceRecord(\n\t# What it is a record of.\n\tkey: ResourceKey,\n\t# SRV, SVCB.\n\tpriority: ?int,\n\tweight: ?int,\n\tport: ?int,\n\t# PTR, NS, CNAME, DNAME: the name that it leads to.\n\tname: ?string,\n\t# HINFO.\n\tcpu: ?string,\n\tos: ?string,\n\t# TXT, SPF.\n\titems: ?[]string,\n\t# A, AAAA: the bytes of the address, in network order.\n\taddress: ?[]int,\n\t# SOA.\n\tmname: ?string,\n\trname: ?string,\n\tserial: ?int,\n\trefresh: ?int,\n\tretry: ?int,\n\texpire: ?int,\n\tminimum: ?int,\n\t# MX.\n\texchange: ?string,\n\t# LOC.\n\tversion: ?int,\n\tsize: ?int,\n\thoriz_pre: ?int,\n\tvert_pre: ?int,\n\tlatitude: ?int,\n\tlongitude: ?int,\n\taltitude: ?int,\n\t# DS, RRSIG.\n\tkeyTag: ?int,\n\talgorithm: ?int,\n\tdigestType: ?int,\n\tdigest: ?string,\n\t# SSHFP.\n\tfptype: ?int,\n\tfingerprint: ?string,\n\tflags: ?int,\n\t# DNSKEY.\n\tprotocol: ?int,\n\tdnskey: ?string,\n\tsigner: ?string,\n\t# RRSIG.\n\ttypeCovered: ?int,\n\tlabels: ?int,\n\toriginalTtl: ?int,\n\texpiration: ?int,\n\tinception: ?int,\n\tsignature: ?string,\n\t# NSEC, NSEC3.\n\tnextDomain: ?string,\n\ttypes: ?[]int,\n\titerations: ?int,\n\tsalt: ?string,\n\thash: ?string,\n\t# TLSA.\n\tcertUsage: ?int,\n\tselector: ?int,\n\tmatchingType: ?int,\n\t# Types that have no fields here.\n\tdata: ?string,\n\t# CAA.\n\ttag: ?string,\n\tvalue: ?string,\n\t# SVCB, HTTPS.\n\ttarget: ?string,\n\tsvcparams: ?object,\n\t# NAPTR.\n\torder: ?int,\n\tpreference: ?int,\n\tnaptrFlags: ?string,\n\tservices: ?string,\n\tregexp: ?string,\n\treplacement: ?string\n)\n\n# Tells which questions are worth asking. With \'more\', tells it again whenever it changes; each reply replaces the one\n# before. Other questions may be asked all the same.\n# [Supports \'more\' flag]\nmethod QueryFilter() -> (\n\t# Domains that may have an answer: these names and all below them. Left out: any name may. Empty: none has.\n\tfilterDomains: ?[]string,\n\t# Names with fewer labels have no answer.\n\tfilterLabelsMin: ?int,\n\t# Names with more labels have no answer.\n\tfilterLabelsMax: ?int\n)\n\n# Answers questions that belong together, as for both kinds of addresses of one name: all at once.\nmethod ResolveRecord(\n\tquestion: []Question\n) -> (\n\t# RFC 1035 4.1.1: 0, success. Left out: the names are not known here, and the network is to be asked.\n\trcode: ?int,\n\t# The records that there are, where the code is 0. There may be none.\n\tanswer: ?[]Answer\n)\n' as Description;

/** A record that answers a question. */
export interface Answer {
  /** The record in fields, for people to read. */
  rr?: ResourceRecord | null | undefined;
  /** The record in the format of the DNS (RFC 1035 3.2.1), without compression, in Base64. This is what is used. */
  raw: string;
}

/** A question. */
export interface Question {
  key: ResourceKey;
}

/** What a record is of, or what a question is for. */
export interface ResourceKey {
  /** RFC 1035 3.2.4. Left out: 1, the Internet. */
  class?: number | null | undefined;
  /** RFC 1035 3.2.2: 1 is A, 28 is AAAA, 12 is PTR. */
  type: number;
  /** A domain name, its labels joined by dots. */
  name: string;
}

/** A record. Of its fields those are there that its type has. */
export interface ResourceRecord {
  /** What it is a record of. */
  key: ResourceKey;
  /** SRV, SVCB. */
  priority?: number | null | undefined;
  weight?: number | null | undefined;
  port?: number | null | undefined;
  /** PTR, NS, CNAME, DNAME: the name that it leads to. */
  name?: string | null | undefined;
  /** HINFO. */
  cpu?: string | null | undefined;
  os?: string | null | undefined;
  /** TXT, SPF. */
  items?: readonly string[] | null | undefined;
  /** A, AAAA: the bytes of the address, in network order. */
  address?: readonly number[] | null | undefined;
  /** SOA. */
  mname?: string | null | undefined;
  rname?: string | null | undefined;
  serial?: number | null | undefined;
  refresh?: number | null | undefined;
  retry?: number | null | undefined;
  expire?: number | null | undefined;
  minimum?: number | null | undefined;
  /** MX. */
  exchange?: string | null | undefined;
  /** LOC. */
  version?: number | null | undefined;
  size?: number | null | undefined;
  horiz_pre?: number | null | undefined;
  vert_pre?: number | null | undefined;
  latitude?: number | null | undefined;
  longitude?: number | null | undefined;
  altitude?: number | null | undefined;
  /** DS, RRSIG. */
  keyTag?: number | null | undefined;
  algorithm?: number | null | undefined;
  digestType?: number | null | undefined;
  digest?: string | null | undefined;
  /** SSHFP. */
  fptype?: number | null | undefined;
  fingerprint?: string | null | undefined;
  flags?: number | null | undefined;
  /** DNSKEY. */
  protocol?: number | null | undefined;
  dnskey?: string | null | undefined;
  signer?: string | null | undefined;
  /** RRSIG. */
  typeCovered?: number | null | undefined;
  labels?: number | null | undefined;
  originalTtl?: number | null | undefined;
  expiration?: number | null | undefined;
  inception?: number | null | undefined;
  signature?: string | null | undefined;
  /** NSEC, NSEC3. */
  nextDomain?: string | null | undefined;
  types?: readonly number[] | null | undefined;
  iterations?: number | null | undefined;
  salt?: string | null | undefined;
  hash?: string | null | undefined;
  /** TLSA. */
  certUsage?: number | null | undefined;
  selector?: number | null | undefined;
  matchingType?: number | null | undefined;
  /** Types that have no fields here. */
  data?: string | null | undefined;
  /** CAA. */
  tag?: string | null | undefined;
  value?: string | null | undefined;
  /** SVCB, HTTPS. */
  target?: string | null | undefined;
  svcparams?: Record<string, unknown> | null | undefined;
  /** NAPTR. */
  order?: number | null | undefined;
  preference?: number | null | undefined;
  naptrFlags?: string | null | undefined;
  services?: string | null | undefined;
  regexp?: string | null | undefined;
  replacement?: string | null | undefined;
}

/** What each method takes and answers. */
export interface Methods {
  /**
   * Tells which questions are worth asking. With 'more', tells it again whenever it changes; each reply replaces the one
   * before. Other questions may be asked all the same.
   * [Supports 'more' flag]
   */
  QueryFilter: {
    parameters: Record<string, never>;
    reply: {
      /** Domains that may have an answer: these names and all below them. Left out: any name may. Empty: none has. */
      filterDomains?: readonly string[] | null | undefined;
      /** Names with fewer labels have no answer. */
      filterLabelsMin?: number | null | undefined;
      /** Names with more labels have no answer. */
      filterLabelsMax?: number | null | undefined;
    };
  };
  /** Answers questions that belong together, as for both kinds of addresses of one name: all at once. */
  ResolveRecord: {
    parameters: {
      question: readonly Question[];
    };
    reply: {
      /** RFC 1035 4.1.1: 0, success. Left out: the names are not known here, and the network is to be asked. */
      rcode?: number | null | undefined;
      /** The records that there are, where the code is 0. There may be none. */
      answer?: readonly Answer[] | null | undefined;
    };
  };
}

/** What each error carries. */
export type Errors = Record<never, never>;
