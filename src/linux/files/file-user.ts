import { check, declare } from '../libc.ts';

/**
 * Makes files as another user and group from now on, and with the capabilities of before (setfsuid(2)). In a file
 * system that is a user namespace's only its users can. Of this thread only, which is the one that runs JavaScript.
 * Without the right to become another user nothing changes. Throws a SystemError where capabilities cannot be had back.
 */
export function makeFilesAs(uid: number, gid: number): void {
  setfsgid(gid);
  setfsuid(uid);
  // Becoming an ordinary user took those away that have to do with files.
  const header = new Uint32Array([CAPABILITY_VERSION_3, 0]);
  const data = new Uint32Array(6);
  check(capget(header, data), 'capget');
  for (const word of [0, 3]) data[word] = data[word + 1] as number;
  check(capset(header, data), 'capset');
}

/** The user to whom files belong that this thread makes. */
export function fileUser(): number {
  // With a number that no user has nothing changes, and what it was is told.
  return setfsuid(NOBODY);
}

const NOBODY = 0xffff_ffff;
// struct { uint32_t version; int pid; }; then two of struct { uint32_t effective, permitted, inheritable; }
const CAPABILITY_VERSION_3 = 0x20080522;
const capget = declare('int capget(void *header, void *data)');
const capset = declare('int capset(void *header, void *data)');
const setfsuid = declare('uint setfsuid(uint uid)');
const setfsgid = declare('int setfsgid(uint gid)');
