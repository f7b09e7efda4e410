import type { Registry } from '../../machine/registry.ts';
import { findGroup } from '../../resolver/groups.ts';
import type { NamedId } from '../../resolver/named-id.ts';
import type { IdQuery, NamedIdAnswer } from '../../resolver/record-query.ts';
import { isUserName } from '../../resolver/user-name.ts';
import { findUser } from '../../resolver/users.ts';
import { type Implementation, implement, invalidParameter, VarlinkError } from '../../varlink/index.ts';
import { groupRecord, serviceName, userRecord } from './encode.ts';
import { answerErrors, badService } from './errors.ts';
import { description } from './io.systemd.UserDatabase.ts';
import { type ParameterNames, type RecordParameters, readQuery } from './parameters.ts';

/** io.systemd.UserDatabase over a registry: the users and groups of containers. It answers from memory, at once. */
export function userDatabase(registry: Registry): Implementation {
  return implement(description, {
    GetUserRecord: ({ uid, userName, uidMin, uidMax, service, ...rest }) =>
      answer(
        { id: uid, name: userName, idMin: uidMin, idMax: uidMax, ...rest },
        userParameters,
        service,
        (query) => findUser(registry, query),
        userRecord,
      ),
    GetGroupRecord: ({ gid, groupName, gidMin, gidMax, service, ...rest }) =>
      answer(
        { id: gid, name: groupName, idMin: gidMin, idMax: gidMax, ...rest },
        groupParameters,
        service,
        (query) => findGroup(registry, query),
        groupRecord,
      ),
    // The members of a container's groups are the container's own affair: systemd 262 never finds any either.
    GetMemberships: ({ userName, groupName, service }) => {
      if (typeof userName === 'string' && !isUserName(userName)) return invalidParameter('userName');
      if (typeof groupName === 'string' && !isUserName(groupName)) return invalidParameter('groupName');
      return service === serviceName ? answerErrors['no-record'] : badService;
    },
  });
}

const userParameters: ParameterNames = { id: 'uid', name: 'userName', idMin: 'uidMin', idMax: 'uidMax' };
const groupParameters: ParameterNames = { id: 'gid', name: 'groupName', idMin: 'gidMin', idMax: 'gidMax' };

function answer(
  parameters: RecordParameters,
  names: ParameterNames,
  service: string,
  find: (query: IdQuery) => NamedIdAnswer,
  encode: (found: NamedId) => Record<string, unknown>,
): { record: Record<string, unknown> } | VarlinkError {
  const query = readQuery(parameters, names);
  if (query instanceof VarlinkError) return query;
  if (service !== serviceName) return badService;
  const found = find(query);
  return found.kind === 'found' ? { record: encode(found.record) } : answerErrors[found.kind];
}
