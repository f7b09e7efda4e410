import type { Asked } from './exchange.ts';
import { lookupQuestions } from './lookup-questions.ts';
import { operationQuestions } from './operation-questions.ts';
import { registrationQuestions } from './registration-questions.ts';

/** What is asked, in this order: operations end some of the machines. */
export const areas: Readonly<Record<string, readonly Asked[]>> = {
  lookup: lookupQuestions,
  registration: registrationQuestions,
  operation: operationQuestions,
};
