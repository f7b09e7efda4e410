/**
 * The rules for each field of a registration, and for numbers of processes and signals, one function a field, for all
 * front ends. Each returns the value as it is kept, or throws a MachineError `invalid-parameter` with the name that it
 * is given for the value, which is that in the request. The limits are those of systemd-machined 262, asked field by
 * field.
 *
 * @module
 */
import { MachineError } from './errors.ts';
import { isId } from './id-map.ts';
import { nullId128, parseId128 } from './id128.ts';
import type { RegisteredClass } from './machine.ts';
import type { KillWhom } from './operations.ts';

/** A 128-bit id; all zeros mean none. */
export function parseMachineId(text: string, parameter: string): string | undefined {
  const id = parseId128(text);
  if (id === undefined) throw refuse(parameter, 'is no 128-bit id in hexadecimal digits');
  return id === nullId128 ? undefined : id;
}

/** A 128-bit id as its bytes; none at all, and zeros only, mean none. */
export function parseMachineIdBytes(bytes: Uint8Array, parameter: string): string | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length !== 16) throw refuse(parameter, 'is no 128-bit id: it has not 16 bytes');
  return parseMachineId(Buffer.from(bytes).toString('hex'), parameter);
}

/** What a machine can be registered as: never the host, whoever asks (CVE-2026-4105). */
export function parseRegisteredClass(text: string, parameter: string): RegisteredClass {
  if (text === 'container' || text === 'vm') return text;
  throw refuse(parameter, 'is neither container nor vm');
}

/** An absolute path without `.`, `..` and empty components; a slash at the end is kept. */
export function parseNormalizedPath(path: string, parameter: string): string {
  parseAbsolutePath(path, parameter);
  const components = path.replace(/\/$/, '').split('/').slice(1);
  const odd = components.find((part) => part === '' || part === '.' || part === '..');
  if (odd !== undefined || path === '//') throw refuse(parameter, 'is not a normalized path');
  if (components.some((part) => Buffer.byteLength(part) > NAME_MAX))
    throw refuse(parameter, 'has too long a component');
  return path;
}

/** An absolute path, whatever its components. */
export function parseAbsolutePath(path: string, parameter: string): string {
  if (!path.startsWith('/')) throw refuse(parameter, 'is not an absolute path');
  if (path.includes('\0')) throw refuse(parameter, 'has a NUL byte in it');
  if (Buffer.byteLength(path) >= PATH_MAX) throw refuse(parameter, 'is too long a path');
  return path;
}

/** An absolute path whose components a file system can have, or no text for none. */
export function parseRootDirectory(path: string, parameter: string): string | undefined {
  if (path === '') return undefined;
  parseAbsolutePath(path, parameter);
  if (path.split('/').some((part) => Buffer.byteLength(part) > NAME_MAX)) {
    throw refuse(parameter, 'has too long a component');
  }
  return path;
}

/** Indices of network interfaces, which need not exist: 31 bits, from 1. */
export function parseInterfaces(indices: readonly number[], parameter: string): readonly number[] {
  if (!indices.every((index) => Number.isInteger(index) && index > 0 && index <= 0x7fff_ffff)) {
    throw refuse(parameter, 'has something in it that is no interface index');
  }
  return indices;
}

/** An AF_VSOCK context id of a guest: vsock(7) keeps 0 to 2 and 2^32-1 for other purposes. */
export function parseVsockCid(cid: number, parameter: string): number {
  if (!(Number.isInteger(cid) && cid >= 3 && cid < 0xffff_ffff)) throw refuse(parameter, "is no guest's context id");
  return cid;
}

/**
 * What the program that registers a machine calls itself: any text, but a short one, for the list of all machines has
 * it of each of them.
 */
export function parseService(text: string, parameter: string): string {
  if (Buffer.byteLength(text) > SERVICE_MAX) throw refuse(parameter, `has more than ${SERVICE_MAX} bytes`);
  return text;
}

/** Text for people and for ssh(1): no control characters. */
export function parsePlainText(text: string, parameter: string): string {
  if (/\p{Cc}/u.test(text)) throw refuse(parameter, 'has control characters in it');
  return text;
}

/** A process number as a request has it: 31 bits, from 1. */
export function parsePid(pid: number, parameter: string): number {
  if (!(Number.isInteger(pid) && pid > 0 && pid <= 0x7fff_ffff)) throw refuse(parameter, 'is no process number');
  return pid;
}

/** A signal that can be sent: 1 to 64 on Linux (signal(7)). */
export function parseSignal(signal: number, parameter: string): number {
  if (!(Number.isInteger(signal) && signal > 0 && signal <= 64)) throw refuse(parameter, 'is no signal');
  return signal;
}

/** Which processes a signal goes to; no text means all of them. */
export function parseKillWhom(text: string, parameter: string): KillWhom {
  if (text === '') return 'all';
  if (text === 'leader' || text === 'supervisor' || text === 'all') return text;
  throw refuse(parameter, 'is none of leader, supervisor and all');
}

/** The number of a user or group (see `isId`). */
export function parseId(id: number, parameter: string): number {
  if (!isId(id)) throw refuse(parameter, 'is no number of a user or group');
  return id;
}

/** Bytes in a path with its NUL, and in a component of one without: limits.h. */
const PATH_MAX = 4096;
const NAME_MAX = 255;
/** Bytes. A system bus takes no message of more than 32 MiB: so many machines no host has. */
const SERVICE_MAX = 1024;

function refuse(parameter: string, reason: string): MachineError {
  return new MachineError('invalid-parameter', `${parameter} ${reason}`, parameter);
}
