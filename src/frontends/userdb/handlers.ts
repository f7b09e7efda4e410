import type { KnownAccounts } from '../../machine/accounts.ts';
import type { Registry } from '../../machine/registry.ts';
import { findGroup, groupRuns, listGroups } from '../../resolver/groups.ts';
import type { NamedId } from '../../resolver/named-id.ts';
import type { ListedId } from '../../resolver/named-id-list.ts';
import type { RecordFilter } from '../../resolver/record-filter.ts';
import type { GivenElsewhere, IdQuery, NamedIdAnswer } from '../../resolver/record-query.ts';
import { isUserName } from '../../resolver/user-name.ts';
import { findUser, listUsers, userRuns } from '../../resolver/users.ts';
import {
  type Handlers,
  type Implementation,
  implementLater,
  invalidParameter,
  Turns,
  VarlinkError,
} from '../../varlink/index.ts';
import { type EncodedRecord, groupRecord, userRecord } from './encode.ts';
import { answerErrors, badService } from './errors.ts';
import { description, type Methods } from './io.systemd.UserDatabase.ts';
import { Listing } from './listing.ts';
import { type ParameterNames, type RecordParameters, readQuery } from './parameters.ts';
import { userDatabaseShortcut } from './shortcut.ts';

/** What io.systemd.UserDatabase is answered from. */
export interface UserDatabaseServices {
  readonly registry: Registry;
  /** The name of the socket: the `service` of every record, and what every question must give as that. */
  readonly service: string;
  /** Of which machines another service gives the ordinary names. Absent: of none. */
  readonly givenElsewhere?: GivenElsewhere | undefined;
  /** Whom to tell of when all are asked for. Absent: that is not supported, as by systemd 262. */
  readonly accounts?: KnownAccounts | undefined;
}

/** io.systemd.UserDatabase over a registry: the users and groups of containers. It answers from memory, at once. */
export function userDatabase(services: UserDatabaseServices): Implementation {
  const { registry, service, givenElsewhere } = services;
  const userKind: RecordKind = {
    names: { id: 'uid', name: 'userName', idMin: 'uidMin', idMax: 'uidMax' },
    find: (query) => findUser(registry, query, givenElsewhere),
    list: (accounts, filter) => listUsers(registry, accounts, filter),
    encode: (found) => userRecord(found, service),
  };
  const groupKind: RecordKind = {
    names: { id: 'gid', name: 'groupName', idMin: 'gidMin', idMax: 'gidMax' },
    find: (query) => findGroup(registry, query, givenElsewhere),
    list: (accounts, filter) => listGroups(registry, accounts, filter),
    encode: (found) => groupRecord(found, service),
  };
  const turns = new Turns();
  const users = new Records(services, turns, userKind);
  const groups = new Records(services, turns, groupKind);
  const handlers: Handlers<Methods> = {
    GetUserRecord: ({ uid, userName, uidMin, uidMax, service: asked, ...rest }) =>
      users.answer({ id: uid, name: userName, idMin: uidMin, idMax: uidMax, ...rest }, asked),
    GetGroupRecord: ({ gid, groupName, gidMin, gidMax, service: asked, ...rest }) =>
      groups.answer({ id: gid, name: groupName, idMin: gidMin, idMax: gidMax, ...rest }, asked),
    // The members of a container's groups are the container's own affair: systemd 262 never finds any either.
    GetMemberships: ({ userName, groupName, service: asked }) => {
      if (typeof userName === 'string' && !isUserName(userName)) return invalidParameter('userName');
      if (typeof groupName === 'string' && !isUserName(groupName)) return invalidParameter('groupName');
      return asked === service ? answerErrors['no-record'] : badService;
    },
  };
  // Nobody tells when the other service begins or ends to give names.
  const remembered = givenElsewhere === undefined;
  const shortcut = userDatabaseShortcut(service, {
    users: { ...userKind, runs: remembered ? userRuns(registry) : undefined },
    groups: { ...groupKind, runs: remembered ? groupRuns(registry) : undefined },
  });
  return implementLater(description, handlers, shortcut);
}

/** What users and groups differ in. */
interface RecordKind {
  readonly names: ParameterNames;
  find(query: IdQuery): NamedIdAnswer;
  list(accounts: KnownAccounts, filter: RecordFilter | undefined): Iterator<ListedId, void>;
  encode(found: NamedId): EncodedRecord;
}

class Records {
  readonly #service: string;
  readonly #accounts: KnownAccounts | undefined;
  readonly #kind: RecordKind;
  readonly #turns: Turns;

  constructor({ service, accounts }: UserDatabaseServices, turns: Turns, kind: RecordKind) {
    this.#service = service;
    this.#accounts = accounts;
    this.#turns = turns;
    this.#kind = kind;
  }

  answer(parameters: RecordParameters, service: string): { record: EncodedRecord } | Listing | VarlinkError {
    const query = readQuery(parameters, this.#kind.names);
    if (query instanceof VarlinkError) return query;
    if (service !== this.#service) return badService;
    const found = this.#kind.find(query);
    if (found.kind === 'found') return { record: this.#kind.encode(found.record) };
    if (found.kind === 'enumeration' && this.#accounts !== undefined) return this.#list(this.#accounts, query);
    return answerErrors[found.kind];
  }

  #list(accounts: KnownAccounts, { filter }: IdQuery): Listing {
    accounts.refresh();
    return new Listing(this.#kind.list(accounts, filter), this.#kind.encode, this.#turns);
  }
}
