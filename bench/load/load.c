/*
 * load PROTOCOL SOCKET CONNECTIONS WARM-UP SECONDS <CALLS
 *
 * Closed-loop load: every connection has one call in flight and sends the next when the reply is there.
 * The same program as main.ts and closed-loop.ts, for where a C compiler is at hand: see there for what it counts.
 */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_LATENCIES (1 << 22)
#define STALL 5000
#define BATCH 64

static char *calls;
static size_t *call_starts, call_count, next_call, calls_length, *sizes;
static char input[64 * 1024];

void fail(const char *what, const char *why) {
  fprintf(stderr, "load: %s: %s\n", what, why);
  exit(1);
}

/* Milliseconds. */
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void read_calls(void) {
  size_t room = 1 << 20;
  calls = malloc(room);
  for (ssize_t count; (count = read(0, calls + calls_length, room - calls_length)) > 0;) {
    calls_length += count;
    if (calls_length == room) calls = realloc(calls, room *= 2);
  }
}

static void split_calls(const struct protocol *protocol) {
  size_t room = 0;
  for (size_t at = 0, length; at < calls_length; at += length) {
    length = protocol->call_length(calls + at, calls_length - at);
    if (length == 0) fail("standard input", "the last call is not whole");
    if (call_count + 1 >= room) call_starts = realloc(call_starts, (room = 2 * room + 16) * sizeof *call_starts);
    call_starts[call_count++] = at;
    call_starts[call_count] = at + length;
  }
  if (call_count == 0) fail("standard input", "there is no call to send");
  sizes = calloc(call_count, sizeof *sizes);
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail(path, "too long");
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (void *)&address, sizeof address) < 0) fail(path, strerror(errno));
  return fd;
}

void send_all(int fd, const char *bytes, size_t length) {
  for (size_t sent = 0; sent < length;) {
    ssize_t count = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);
    if (count < 0) fail("send", strerror(errno));
    sent += count;
  }
}

/* A connection that is ready for calls, and waited for. */
static void open_session(const struct protocol *protocol, struct session *session, const char *path, int epoll) {
  session->fd = connect_to(path);
  protocol->begin(session);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};
  epoll_ctl(epoll, EPOLL_CTL_ADD, session->fd, &event);
}

static void send_next(const struct protocol *protocol, struct session *session, double time) {
  char *call = calls + call_starts[next_call];
  session->call = next_call;
  session->error[0] = 0;
  session->sent_at = time;
  protocol->prepare(session, call);
  send_all(session->fd, call, call_starts[next_call + 1] - call_starts[next_call]);
  next_call = next_call + 1 == call_count ? 0 : next_call + 1;
}

/* Whether a complete reply is an error; a text about it is then in the session. */
static int is_error(struct session *session) {
  size_t *before = &sizes[session->call];
  if (session->error[0] == 0 && *before != 0 && *before != session->size) {
    snprintf(session->error, sizeof session->error, "an answer of %zu bytes, and of %zu before", session->size, *before);
  }
  if (session->error[0] == 0) *before = session->size;
  return session->error[0] != 0;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return a < b ? -1 : a > b;
}

/* As a JSON string. */
static void print_text(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20) printf("\\u%04x", *text);
    else printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
  }
  putchar('"');
}

int main(int argc, char **argv) {
  if (argc != 6) fail("usage", "load PROTOCOL SOCKET CONNECTIONS WARM-UP SECONDS <CALLS");
  const struct protocol *protocol = NULL, *protocols[] = {&varlink, &varlink_once, &dbus};
  for (int i = 0; i < 3; i++) if (strcmp(argv[1], protocols[i]->name) == 0) protocol = protocols[i];
  if (protocol == NULL) fail(argv[1], "no such protocol");
  int count = atoi(argv[3]);
  read_calls();
  split_calls(protocol);
  struct session *sessions = calloc(count, sizeof *sessions);
  double *latencies = malloc(MAX_LATENCIES * sizeof *latencies);
  long total = 0, counted = 0, errors = 0;
  char first_error[301] = "";
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; i++) open_session(protocol, &sessions[i], argv[2], epoll);
  double time = now(), start = time + atof(argv[4]) * 1e3, end = start + atof(argv[5]) * 1e3;
  for (int i = 0; i < count; i++) send_next(protocol, &sessions[i], time);
  while (time < end) {
    struct epoll_event events[BATCH];
    int ready = epoll_wait(epoll, events, BATCH, STALL);
    if (ready == 0) fail(argv[2], "no reply for 5000 ms");
    for (int i = 0; i < ready; i++) {
      struct session *session = events[i].data.ptr;
      ssize_t length = recv(session->fd, input, sizeof input, 0);
      if (length <= 0) fail(argv[2], "the server closed a connection");
      if (!protocol->take(session, input, length)) continue;
      time = now();
      total++;
      if (is_error(session) && errors++ == 0) strcpy(first_error, session->error);
      if (time >= start && counted < MAX_LATENCIES) latencies[counted++] = time - session->sent_at;
      if (protocol->once) {
        close(session->fd);
        /* What it takes to connect counts as part of the call. */
        open_session(protocol, session, argv[2], epoll);
      }
      send_next(protocol, session, time);
    }
  }
  qsort(latencies, counted, sizeof *latencies, ascending);
  printf("{\"calls\":%ld,\"total\":%ld,\"seconds\":%.6f,\"errors\":%ld", counted, total, (time - start) / 1e3, errors);
  if (errors > 0) {
    printf(",\"firstError\":");
    print_text(first_error);
  }
  if (counted > 0) {
    printf(",\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f", latencies[(long)((counted - 1) * .5)] * 1e3,
           latencies[(long)((counted - 1) * .99)] * 1e3, latencies[counted - 1] * 1e3);
  }
  printf("}\n");
  return 0;
}
