/* What the closed loop in load.c has to know of a protocol. The same as protocol.ts: see there. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define PREFIX 16

struct session {
  int fd;
  double sent_at;
  size_t call;          /* the number of the one in flight */
  size_t size;          /* of the answer */
  char error[301];      /* empty when it is none */
  uint32_t serial;      /* D-Bus: of the call in flight */
  unsigned char prefix[PREFIX];
  size_t have, left;    /* D-Bus: of the prefix, and of what follows it */
};

struct protocol {
  const char *name;
  int once; /* a new connection for each call */
  size_t (*call_length)(const char *call, size_t rest); /* 0 when there is no whole one */
  void (*begin)(struct session *);
  void (*prepare)(struct session *, char *call);
  int (*take)(struct session *, const char *input, size_t length);
};

extern const struct protocol varlink, varlink_once, dbus;

void fail(const char *what, const char *why);
void send_all(int fd, const char *bytes, size_t length);
