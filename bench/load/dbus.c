/* The same as dbus.ts and, in begin(), enterBus() of ../dbus/connection.ts: see there. */
#define _GNU_SOURCE
#include "load.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { METHOD_RETURN = 2, ERROR = 3 };

static uint32_t number(const unsigned char *bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t body_length(const unsigned char *prefix) { return number(prefix + 4); }

static size_t message_length(const unsigned char *prefix) {
  uint32_t fields = number(prefix + 12);
  return PREFIX + fields + (-fields & 7) + (size_t)body_length(prefix);
}

static size_t call_length(const char *call, size_t rest) {
  if (rest < PREFIX) return 0;
  size_t length = message_length((const unsigned char *)call);
  return length > rest ? 0 : length;
}

static void set_serial(char *message, uint32_t serial) {
  for (int i = 0; i < 4; i++) message[8 + i] = serial >> 8 * i;
}

static void prepare(struct session *session, char *call) { set_serial(call, ++session->serial); }

static void keep_printable(char *error, size_t room, const char *input, size_t length) {
  size_t at = 0;
  for (; at < room - 1 && at < length; at++) error[at] = input[at] < ' ' || input[at] > '~' ? ' ' : input[at];
  error[at] = 0;
}

static int take(struct session *session, const char *input, size_t length) {
  int complete = 0;
  while (length > 0) {
    if (session->left == 0) {
      size_t count = PREFIX - session->have < length ? PREFIX - session->have : length;
      memcpy(session->prefix + session->have, input, count);
      session->have += count;
      input += count;
      length -= count;
      if (session->have < PREFIX) break;
      session->have = 0;
      session->left = message_length(session->prefix) - PREFIX;
      if (session->prefix[1] == ERROR) keep_printable(session->error, sizeof session->error, input, length);
    }
    size_t count = session->left < length ? session->left : length;
    session->left -= count;
    input += count;
    length -= count;
    if (session->left == 0 && (session->prefix[1] == METHOD_RETURN || session->prefix[1] == ERROR)) {
      complete = 1;
      session->size = body_length(session->prefix);
    }
  }
  return complete;
}

static void hello(struct session *session) {
  static const char BUS[] = "org.freedesktop.DBus", PATH[] = "/org/freedesktop/DBus", MEMBER[] = "Hello";
  const struct { char code, type; const char *value; } fields[] = {{1, 'o', PATH}, {2, 's', BUS}, {3, 's', MEMBER}, {6, 's', BUS}};
  char message[256] = {'l', 1, 0, 1};
  size_t end = PREFIX;
  for (int i = 0; i < 4; i++) {
    size_t length = strlen(fields[i].value);
    end = (end + 7) & ~(size_t)7;
    memcpy(message + end, (char[]){fields[i].code, 1, fields[i].type, 0, length}, 5);
    memcpy(message + end + 8, fields[i].value, length + 1);
    end += 8 + length + 1;
  }
  message[12] = end - PREFIX;
  prepare(session, message);
  send_all(session->fd, message, (end + 7) & ~(size_t)7);
}

static void begin(struct session *session) {
  char text[256], input[1024];
  int length = snprintf(text, sizeof text, "%cAUTH EXTERNAL ", 0), digits = snprintf(input, sizeof input, "%d", getuid());
  for (int i = 0; i < digits; i++) length += snprintf(text + length, sizeof text - length, "%02x", input[i]);
  length += snprintf(text + length, sizeof text - length, "\r\n");
  send_all(session->fd, text, length);
  ssize_t count = recv(session->fd, input, sizeof input, 0);
  if (count < 3 || memcmp(input, "OK ", 3) != 0) fail("authentication", "the bus does not let us in");
  send_all(session->fd, "BEGIN\r\n", 7);
  hello(session);
  do {
    count = recv(session->fd, input, sizeof input, 0);
    if (count <= 0) fail("Hello", "the bus closed the connection");
  } while (!take(session, input, count));
}

const struct protocol dbus = {"dbus", 0, call_length, begin, prepare, take};
