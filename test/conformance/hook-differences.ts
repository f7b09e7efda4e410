import type { KnownDifference } from './known-difference.ts';

/** The answers to a question for host names, in both forms. */
const notOurs = '{"receive":["{}"]}';
const answered = /^\{"receive":\["\{\\"parameters\\":\{\\"rcode\\":0/;

/** Whether all that differs is that addresses of fe80::/10 are not told. */
function withoutLinkLocal(theirs: string): string {
  const { receive } = JSON.parse(theirs) as { receive: [string] };
  const reply = JSON.parse(receive[0]) as { parameters: { answer: { rr: { address: number[] } }[] } };
  const answer = reply.parameters.answer.filter(({ rr }) => rr.address[0] !== 0xfe);
  return JSON.stringify({ receive: [JSON.stringify({ parameters: { ...reply.parameters, answer } })] });
}

/** Rows of docs/differences.md about io.systemd.Resolve.Hook. */
export const hookDifferences: readonly KnownDifference[] = [
  {
    id: 'hook-below',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('hook below') && theirs.includes('\\"rcode\\":3') && ours === notOurs,
  },
  {
    id: 'hook-spelling',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('hook spelling') && theirs === notOurs && answered.test(ours),
  },
  {
    id: 'hook-no-network',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('hook network') && /EOPNOTSUPP|ENONET/.test(theirs) && answered.test(ours),
  },
  {
    id: 'hook-reverse',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('hook reverse') && theirs === notOurs && answered.test(ours),
  },
  {
    id: 'hook-link-local',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('hook link-local') && answered.test(theirs) && withoutLinkLocal(theirs) === ours,
  },
  {
    id: 'hook-null-class',
    explains: ({ question, theirs, ours }) =>
      question.id.startsWith('hook class null') && theirs.endsWith('\\"answer\\":[]}}"]}') && answered.test(ours),
  },
];
