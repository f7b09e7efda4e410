import type { NamedIdAnswer } from '../../resolver/record-query.ts';
import { errorsOf, type VarlinkError } from '../../varlink/index.ts';
import { description } from './io.systemd.UserDatabase.ts';

const fail = errorsOf(description);

/** The error for each answer that is not a record. One object each: they are sent far too often to make new ones. */
export const answerErrors: Readonly<Record<Exclude<NamedIdAnswer['kind'], 'found'>, VarlinkError>> = {
  'no-record': fail('NoRecordFound'),
  conflicting: fail('ConflictingRecordFound'),
  'non-matching': fail('NonMatchingRecordFound'),
  enumeration: fail('EnumerationNotSupported'),
};

/** The question is for another service. */
export const badService: VarlinkError = fail('BadService');
