import type { Question } from '../../question.ts';
import { imageQuestions } from './images.ts';
import { machinectlQuestions } from './machinectl.ts';
import { methodQuestions } from './methods.ts';
import { nameServiceQuestions } from './name-service.ts';
import { objectQuestions } from './objects.ts';
import { operationQuestions } from './operations.ts';
import { otherProgramQuestions } from './other-programs.ts';
import { registrationQuestions } from './registration.ts';
import { signalQuestions } from './signals.ts';
import { userQuestions } from './users.ts';

/** All questions, by area; those that leave the machines as they are come first. */
export const areas: Readonly<Record<string, readonly Question[]>> = {
  'name service': nameServiceQuestions,
  machinectl: machinectlQuestions,
  methods: methodQuestions,
  objects: objectQuestions,
  images: imageQuestions,
  'other programs': otherProgramQuestions,
  users: userQuestions,
  registration: registrationQuestions,
  signals: signalQuestions,
  operations: operationQuestions,
};
