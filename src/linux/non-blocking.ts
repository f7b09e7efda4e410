import { constants } from 'node:fs';
import { check, declare } from './libc.ts';

/** Makes reading and writing an open file give EAGAIN instead of waiting (fcntl(2), F_SETFL). Throws a SystemError. */
export function setNonBlocking(fd: number): void {
  const flags = check(fcntl(fd, F_GETFL, 0), 'fcntl', 'F_GETFL');
  check(fcntl(fd, F_SETFL, flags | constants.O_NONBLOCK), 'fcntl', 'F_SETFL');
}

const F_GETFL = 3;
const F_SETFL = 4;
const fcntl = declare('int fcntl(int fd, int command, int argument)');
