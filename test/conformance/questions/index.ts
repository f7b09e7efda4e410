import type { Question } from '../question.ts';
import { accessQuestions } from './access.ts';
import { clientQuestions } from './clients.ts';
import { envelopeQuestions } from './envelope.ts';
import { listQuestions } from './list.ts';
import { mapQuestions } from './map.ts';
import { operationQuestions } from './operations.ts';
import { registerQuestions } from './register.ts';
import { resolveHookQuestions } from './resolve-hook.ts';
import { userDatabaseQuestions } from './user-database.ts';

/** All questions, by area. Each area leaves the machines as it found them. */
export const areas: Readonly<Record<string, readonly Question[]>> = {
  'user-database': userDatabaseQuestions,
  list: listQuestions,
  map: mapQuestions,
  register: registerQuestions,
  operations: operationQuestions,
  'resolve-hook': resolveHookQuestions,
  envelope: envelopeQuestions,
  access: accessQuestions,
  clients: clientQuestions,
};
