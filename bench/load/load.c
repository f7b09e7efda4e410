/*
 * load SOCKET CONNECTIONS WARM-UP SECONDS <CALLS
 *
 * Closed-loop Varlink load: every connection has one call in flight and sends the next when the reply is there.
 * The same program as main.ts and closed-loop.ts, for where a C compiler is at hand: see there for what it counts.
 */
#define _GNU_SOURCE
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
static const char RESULT[] = "{\"parameters\"";

struct connection {
  int fd;
  int begun;
  double sent_at;
};

static char *calls;
static size_t calls_length, next_call;
static char input[64 * 1024];

static void fail(const char *what, const char *why) {
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
  if (calls_length == 0 || calls[calls_length - 1] != 0) fail("standard input", "there is no call to send");
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail(path, "too long");
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (void *)&address, sizeof address) < 0) fail(path, strerror(errno));
  return fd;
}

static void send_next(struct connection *connection, double time) {
  const char *call = calls + next_call;
  size_t length = strlen(call) + 1;
  next_call += length;
  if (next_call == calls_length) next_call = 0;
  connection->begun = 0;
  connection->sent_at = time;
  for (size_t sent = 0; sent < length;) {
    ssize_t count = send(connection->fd, call + sent, length - sent, MSG_NOSIGNAL);
    if (count < 0) fail("send", strerror(errno));
    sent += count;
  }
}

static int is_result(size_t length) {
  size_t compared = sizeof RESULT - 1 < length ? sizeof RESULT - 1 : length;
  return memcmp(input, RESULT, compared) == 0;
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
  if (argc != 5) fail("usage", "load SOCKET CONNECTIONS WARM-UP SECONDS <CALLS");
  int count = atoi(argv[2]);
  read_calls();
  struct connection *connections = calloc(count, sizeof *connections);
  double *latencies = malloc(MAX_LATENCIES * sizeof *latencies);
  long total = 0, counted = 0, errors = 0;
  char first_error[301] = "";
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  double time = now(), start = time + atof(argv[3]) * 1e3, end = start + atof(argv[4]) * 1e3;
  for (int i = 0; i < count; i++) {
    connections[i].fd = connect_to(argv[1]);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
    send_next(&connections[i], time);
  }
  while (time < end) {
    struct epoll_event events[BATCH];
    int ready = epoll_wait(epoll, events, BATCH, STALL);
    if (ready == 0) fail(argv[1], "no reply for 5000 ms");
    for (int i = 0; i < ready; i++) {
      struct connection *connection = events[i].data.ptr;
      ssize_t length = recv(connection->fd, input, sizeof input, 0);
      if (length <= 0) fail(argv[1], "the server closed a connection");
      if (!connection->begun && !is_result(length) && errors++ == 0) {
        snprintf(first_error, sizeof first_error, "%.*s", (int)length, input);
      }
      connection->begun = 1;
      if (input[length - 1] != 0) continue;
      time = now();
      total++;
      if (time >= start && counted < MAX_LATENCIES) latencies[counted++] = time - connection->sent_at;
      send_next(connection, time);
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
