#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A frame begins with a message of its own: field 1 the length of the body, and in calls field 2, the number. */
#define KEY_LENGTH 0x09
#define KEY_NUMBER 0x15
#define CALL_HEADER_BYTES 14
#define REPLY_HEADER_BYTES 9
#define MAX_BODY_BYTES (64u << 20)

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static uint64_t little_endian(const uint8_t *bytes, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned n = 0; n < n_bytes; n++)
        value |= (uint64_t)bytes[n] << (8 * n);
    return value;
}

static bool read_all(int socket, uint8_t *bytes, size_t n_bytes)
{
    while (n_bytes) {
        const ssize_t n = recv(socket, bytes, n_bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        n_bytes -= (size_t)n;
    }
    return true;
}

static bool write_all(int socket, const uint8_t *bytes, size_t n_bytes)
{
    while (n_bytes) {
        const ssize_t n = send(socket, bytes, n_bytes, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        n_bytes -= (size_t)n;
    }
    return true;
}

static bool take_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool take_field(const uint8_t **at, const uint8_t *end, struct call *call)
{
    uint64_t key;
    struct field field = {0};
    if (!take_varint(at, end, &key))
        return false;
    size_t skip = 0;
    switch (key & 7) {
    case WIRE_VARINT:
        if (!take_varint(at, end, &field.value))
            return false;
        break;
    case WIRE_FIXED64: skip = 8; break;
    case WIRE_FIXED32: skip = 4; break;
    case WIRE_BYTES: {
        uint64_t n_bytes;
        if (!take_varint(at, end, &n_bytes))
            return false;
        skip = n_bytes;
        field.bytes = *at;
        field.n_bytes = skip;
        break;
    }
    default: return false;
    }
    if (skip > (size_t)(end - *at))
        return false;
    if ((key & 7) == WIRE_FIXED64 || (key & 7) == WIRE_FIXED32)
        field.value = little_endian(*at, (unsigned)skip);
    *at += skip;
    if (key >> 3 < MESSAGE_FIELDS)
        call->fields[key >> 3] = field;
    return true;
}

static bool make_room(uint8_t **bytes, size_t *capacity_bytes, size_t n_bytes)
{
    if (n_bytes <= *capacity_bytes)
        return true;
    uint8_t *more = realloc(*bytes, n_bytes);
    if (!more)
        return false;
    *bytes = more;
    *capacity_bytes = n_bytes;
    return true;
}

bool call_read(int socket, struct call *call)
{
    uint8_t header[CALL_HEADER_BYTES];
    if (!read_all(socket, header, sizeof header) || header[0] != KEY_LENGTH ||
        header[9] != KEY_NUMBER)
        return false;
    const uint64_t body_bytes = little_endian(header + 1, 8);
    call->number = (uint32_t)little_endian(header + 10, 4);
    if (body_bytes > MAX_BODY_BYTES ||
        !make_room(&call->body, &call->capacity_bytes, (size_t)body_bytes + 1) ||
        !read_all(socket, call->body, (size_t)body_bytes))
        return false;
    call->body_bytes = (size_t)body_bytes;
    memset(call->fields, 0, sizeof call->fields);
    const uint8_t *at = call->body, *end = call->body + body_bytes;
    while (at < end)
        if (!take_field(&at, end, call))
            return false;
    return true;
}

void call_free(struct call *call)
{
    free(call->body);
}

/* The room for the header is always there; a reply that lacks memory has no room for it. */
void reply_begin(struct reply *reply)
{
    reply->n_bytes =
        make_room(&reply->bytes, &reply->capacity_bytes, 4096) ? REPLY_HEADER_BYTES : 0;
}

static void append(struct reply *reply, const void *bytes, size_t n_bytes)
{
    if (!reply->n_bytes)
        return;
    if (!make_room(&reply->bytes, &reply->capacity_bytes, reply->n_bytes + n_bytes)) {
        reply->n_bytes = 0;
        return;
    }
    if (n_bytes)
        memcpy(reply->bytes + reply->n_bytes, bytes, n_bytes);
    reply->n_bytes += n_bytes;
}

static void append_varint(struct reply *reply, uint64_t value)
{
    do {
        const uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        append(reply, &byte, 1);
        value >>= 7;
    } while (value);
}

void reply_number(struct reply *reply, unsigned field, uint64_t value)
{
    append_varint(reply, field << 3 | WIRE_VARINT);
    append_varint(reply, value);
}

void reply_bytes(struct reply *reply, unsigned field, const void *bytes, size_t n_bytes)
{
    append_varint(reply, field << 3 | WIRE_BYTES);
    append_varint(reply, n_bytes);
    append(reply, bytes, n_bytes);
}

bool reply_send(int socket, const struct reply *reply)
{
    if (!reply->n_bytes)
        return false;
    const uint64_t body_bytes = reply->n_bytes - REPLY_HEADER_BYTES;
    reply->bytes[0] = KEY_LENGTH;
    for (unsigned n = 0; n < 8; n++)
        reply->bytes[1 + n] = (uint8_t)(body_bytes >> (8 * n));
    return write_all(socket, reply->bytes, reply->n_bytes);
}

void reply_free(struct reply *reply)
{
    free(reply->bytes);
}
