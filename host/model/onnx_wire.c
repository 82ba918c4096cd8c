/* onnx_wire.c -- walks the protobuf encoding by the message descriptors before anything is unpacked: lengths must fit,
 * nesting must end (the unpacker recurses), and a field that may occur once must not occur twice (merging
 * two halves of a message is legal protobuf that no exporter writes). */
#include "onnx_import.h"

#include "lib/context.h"

enum { MAX_DEPTH = 48, MAX_SINGULAR_FIELDS = 64 };

struct wire {
    const uint8_t *at, *end;
};

static bool read_varint(struct wire *wire, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && wire->at < wire->end; shift += 7) {
        const uint8_t byte = *wire->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool skip(struct wire *wire, uint64_t n_bytes)
{
    if (n_bytes > (uint64_t)(wire->end - wire->at))
        return false;
    wire->at += n_bytes;
    return true;
}

/* The payload of a field; `inside` is what a length-delimited one holds. */
static bool read_field(struct wire *wire, unsigned wire_type, struct wire *inside)
{
    uint64_t n;
    switch (wire_type) {
    case 0: return read_varint(wire, &n);
    case 1: return skip(wire, 8);
    case 2:
        if (!read_varint(wire, &n))
            return false;
        inside->at = wire->at;
        if (!skip(wire, n))
            return false;
        inside->end = wire->at;
        return true;
    case 5: return skip(wire, 4);
    default: return false;
    }
}

/* The place of a field among those that exclude each other: members of a oneof share one. */
static unsigned place_of(const ProtobufCMessageDescriptor *type,
                         const ProtobufCFieldDescriptor *field)
{
    unsigned place = (unsigned)(field - type->fields);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        for (place = 0; type->fields[place].quantifier_offset != field->quantifier_offset ||
                        !(type->fields[place].flags & PROTOBUF_C_FIELD_FLAG_ONEOF);)
            place++;
    return place;
}

static bool check_message(struct wire wire, const ProtobufCMessageDescriptor *type, unsigned depth)
{
    uint64_t seen = 0;
    if (depth > MAX_DEPTH)
        return false;
    while (wire.at < wire.end) {
        uint64_t key;
        struct wire inside = wire;
        if (!read_varint(&wire, &key) || key >> 3 == 0 || key >> 3 > 0x1fffffff ||
            !read_field(&wire, key & 7, &inside))
            return false;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3));
        const bool is_message = field && field->type == PROTOBUF_C_TYPE_MESSAGE;
        if (!field || (!is_message && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)))
            continue;
        const unsigned place = place_of(type, field);
        if ((is_message && (key & 7) != 2) || place >= MAX_SINGULAR_FIELDS)
            return false;
        if (field->label != PROTOBUF_C_LABEL_REPEATED && (seen >> place & 1))
            return false;
        seen |= UINT64_C(1) << place;
        if (is_message && !check_message(inside, field->descriptor, depth + 1))
            return false;
    }
    return true;
}

int onnx_check_wire(struct eddy_context *context, const char *path, const uint8_t *bytes,
                    size_t size_bytes)
{
    if (size_bytes == 0)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s is empty", path);
    const struct wire wire = {bytes, bytes + size_bytes};
    if (!check_message(wire, &onnx__model_proto__descriptor, 0))
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s is not an ONNX file, or is truncated or damaged; export it again",
                         path);
    return EDDY_OK;
}
