import { SystemError } from '../libc.ts';

/** Bytes that are not a netlink message or attribute as netlink(7) and rtnetlink(7) lay them out. */
export class NetlinkFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NetlinkFormatError';
  }
}

/** A netlink request that the kernel refused. `message` has the kernel's own words where it gave any. */
export class NetlinkError extends SystemError {
  /** The kernel's explanation (NLMSGERR_ATTR_MSG, extended acknowledgement). */
  readonly explanation?: string;

  constructor(errno: number, request: string, explanation?: string) {
    super(errno, request, explanation);
    this.name = 'NetlinkError';
    if (explanation !== undefined) this.explanation = explanation;
  }
}
