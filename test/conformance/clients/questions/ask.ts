import type { CallerName, Question } from '../../question.ts';

/** Questions that are commands for a shell in the lab; their ids are the area and the command. */
export function ask(area: string, commands: readonly string[], as?: CallerName): Question[] {
  return commands.map((command) => ({
    id: `${area}${as === undefined ? '' : ` (${as})`}: ${command}`,
    kind: 'run',
    command: inShell(command),
    ...(as === undefined ? {} : { as }),
  }));
}

/** A question that is too long a script to be its own id. */
export function askScript(id: string, script: string, as?: CallerName): Question {
  return { id, kind: 'run', command: inShell(script), ...(as === undefined ? {} : { as }) };
}

/** Whatever waits where nobody should have to wait ends with status 124. */
function inShell(script: string): readonly string[] {
  return ['timeout', '10', 'bash', '-o', 'pipefail', '-c', script];
}
