/*
 * leaders COUNT [FIRST RANGE STRIDE]
 *
 * Starts processes that do nothing, and prints their PIDs, one a line, when all are there. With FIRST each has a user
 * namespace of its own with RANGE ids, the first one's from the host's FIRST up, the next one's STRIDE further. They end
 * when standard input ends, or this process does. A tenth of a millisecond and some 60 KiB each: no program is run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void fail(const char *what) {
  fprintf(stderr, "leaders: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void write_map(pid_t pid, const char *kind, unsigned long first, unsigned long range) {
  char path[64], line[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, kind);
  int length = snprintf(line, sizeof line, "0 %lu %lu\n", first, range), fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, line, length) != length) fail(path);
  close(fd);
}

/* Says through the pipe that it is what it is to be. */
static void lead(int ready, int users, pid_t parent) {
  if (users && unshare(CLONE_NEWUSER) < 0) fail("unshare");
  /* Other credentials would undo it. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) _exit(1);
  if (write(ready, "", 1) != 1) _exit(1);
  close_range(0, ~0U, 0);
  for (;;) pause();
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 5) {
    fprintf(stderr, "leaders COUNT [FIRST RANGE STRIDE]\n");
    return 2;
  }
  int count = atoi(argv[1]), users = argc == 5, ready[2];
  unsigned long first = users ? strtoul(argv[2], NULL, 10) : 0, range = users ? strtoul(argv[3], NULL, 10) : 0,
                stride = users ? strtoul(argv[4], NULL, 10) : 0;
  pid_t self = getpid(), *pids = calloc(count, sizeof *pids);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("prctl");
  /* Ended ones are nobody's to wait for. */
  signal(SIGCHLD, SIG_IGN);
  for (int i = 0; i < count; i++) {
    char byte;
    if (pipe(ready) < 0) fail("pipe");
    pids[i] = fork();
    if (pids[i] < 0) fail("fork");
    if (pids[i] == 0) lead(ready[1], users, self);
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) {
      fprintf(stderr, "leaders: number %d did not start\n", i);
      return 1;
    }
    close(ready[0]);
    if (users) {
      write_map(pids[i], "uid_map", first + i * stride, range);
      write_map(pids[i], "gid_map", first + i * stride, range);
    }
  }
  for (int i = 0; i < count; i++) printf("%d\n", pids[i]);
  fflush(stdout);
  for (char byte; read(0, &byte, 1) > 0;) continue;
  return 0;
}
