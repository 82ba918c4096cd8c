/* message.h -- the messages of XRT's hardware emulation: framing, and as much of protobuf as they need. */
#ifndef EDDY_XRT_MESSAGE_H
#define EDDY_XRT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls, by the number in their frame. Others are answered with an empty success. */
enum {
    CALL_CLOSE = 1,
    CALL_ALLOC = 4,
    CALL_FREE = 5,
    CALL_TO_DEVICE = 6,
    CALL_TO_HOST = 7,
    CALL_WRITE = 9,
    CALL_READ = 11,
    CALL_DEBUG = 19,
    CALL_ENVIRONMENT = 20,
};

#define MESSAGE_FIELDS 16

/* A field of a message by its number: a number, or bytes that lie in the message. */
struct field {
    uint64_t value;
    const uint8_t *bytes;
    size_t n_bytes;
};

struct call {
    uint32_t number;
    uint8_t *body;
    size_t body_bytes, capacity_bytes;
    struct field fields[MESSAGE_FIELDS]; /* of the body; the last of each number */
};

/* Reads the next call. False: the host has gone, or what it sent is no call. */
bool call_read(int socket, struct call *call);
void call_free(struct call *call);

struct reply {
    uint8_t *bytes;
    size_t n_bytes, capacity_bytes;
};

/* Forgets the reply before; the memory is kept. */
void reply_begin(struct reply *reply);
void reply_number(struct reply *reply, unsigned field, uint64_t value);
void reply_bytes(struct reply *reply, unsigned field, const void *bytes, size_t n_bytes);
/* False: the host has gone, or out of memory. */
bool reply_send(int socket, const struct reply *reply);
void reply_free(struct reply *reply);

#endif
