/** The demo cannot go on, for a reason that is told as it is: something was not as expected, or cannot be had here. */
export class Failure extends Error {}
