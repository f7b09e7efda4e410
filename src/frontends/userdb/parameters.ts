import { isId } from '../../machine/id-map.ts';
import { parseId128 } from '../../machine/id128.ts';
import type { RecordFilter } from '../../resolver/record-filter.ts';
import type { IdQuery } from '../../resolver/record-query.ts';
import { isUserName } from '../../resolver/user-name.ts';
import { invalidParameter, VarlinkError } from '../../varlink/index.ts';

/** What the parameters of GetUserRecord and GetGroupRecord have in common, under one set of names. */
export interface RecordParameters {
  readonly id: number | null | undefined;
  readonly name: string | null | undefined;
  readonly fuzzyNames?: readonly string[] | null | undefined;
  readonly dispositionMask?: readonly string[] | null | undefined;
  readonly idMin: number | null | undefined;
  readonly idMax: number | null | undefined;
  readonly uuid?: string | null | undefined;
}

/** The names of the parameters that differ between users and groups. */
export interface ParameterNames {
  readonly id: string;
  readonly name: string;
  readonly idMin: string;
  readonly idMax: string;
}

/** The query that the parameters make, or InvalidParameter for the first that cannot be part of one. */
export function readQuery(parameters: RecordParameters, names: ParameterNames): IdQuery | VarlinkError {
  const { id, name } = parameters;
  if (typeof id === 'number' && !isId(id)) return invalidParameter(names.id);
  if (typeof name === 'string' && !isUserName(name)) return invalidParameter(names.name);
  const filter = readFilter(parameters, names);
  if (filter instanceof VarlinkError) return filter;
  return {
    ...(typeof id === 'number' && { id }),
    ...(typeof name === 'string' && { name }),
    ...(filter !== undefined && { filter }),
  };
}

/** Most questions have no filter: then there is none, rather than an empty one. */
function readFilter(parameters: RecordParameters, names: ParameterNames): RecordFilter | VarlinkError | undefined {
  const { fuzzyNames, dispositionMask, idMin, idMax, uuid } = parameters;
  if (typeof idMin === 'number' && !isId(idMin)) return invalidParameter(names.idMin);
  if (typeof idMax === 'number' && !isId(idMax)) return invalidParameter(names.idMax);
  const id128 = typeof uuid === 'string' ? parseId128(uuid) : undefined;
  if (typeof uuid === 'string' && id128 === undefined) return invalidParameter('uuid');
  // Each costs a comparison with every letter of a record: as many as anybody would type, not as many as fit a message.
  if (fuzzyNames && fuzzyNames.length > maximumFuzzyNames) return invalidParameter('fuzzyNames');
  if ((fuzzyNames ?? dispositionMask ?? idMin ?? idMax ?? uuid ?? undefined) === undefined) return undefined;
  return {
    ...(fuzzyNames && { fuzzyNames }),
    ...(dispositionMask && { dispositions: dispositionMask }),
    ...(typeof idMin === 'number' && { idMin }),
    ...(typeof idMax === 'number' && { idMax }),
    ...(id128 !== undefined && { uuid: id128 }),
  };
}

const maximumFuzzyNames = 100;
