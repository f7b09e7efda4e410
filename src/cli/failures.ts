/** The command line makes no sense: exit status 2, with the reason and a hint at --help. */
export class UsageError extends Error {}

/** What was asked for is not there: exit status 1. */
export class NotFoundError extends Error {}
