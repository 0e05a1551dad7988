#include "core/wire_values.h"

#include <math.h>

#include "core/str.h"
#include "core/wire.h"

static int field_bad(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, int code,
                     const char *what, struct az_error *err)
{
    return az_fail(err, code, "a %s whose '%s' is %s", m->descriptor->short_name, f->name, what);
}

static int values_walk(ProtobufCMessage *m, bool mend, struct az_error *err);

/* One element; `at` points to it. */
static int value_check(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const void *at,
                       bool mend, struct az_error *err)
{
    int code = mend ? AZ_EINVAL : AZ_EPROTO;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage *inner = *(ProtobufCMessage *const *)at;
        return inner ? values_walk(inner, mend, err) : 0;
    }
    if (f->type == PROTOBUF_C_TYPE_STRING) {
        char *z = *(char *const *)at;
        if (!z || az_utf8_valid(az_str(z), NULL))
            return 0;
        if (!mend)
            return field_bad(m, f, code, "no UTF-8", err);
        az_utf8_mend(z, strlen(z));
        return 0;
    }
    if (f->type == PROTOBUF_C_TYPE_DOUBLE && !isfinite(*(const double *)at))
        return field_bad(m, f, code, "no number", err);
    if (f->type == PROTOBUF_C_TYPE_ENUM &&
        !protobuf_c_enum_descriptor_get_value(f->descriptor, *(const int *)at))
        return field_bad(m, f, code, "none of those allowed", err);
    return 0;
}

static size_t value_size(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int);
    default:
        return 0; /* any value will do */
    }
}

static int field_check(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, bool mend,
                       struct az_error *err)
{
    size_t size = value_size(f);
    if (!size)
        return 0;
    const char *at = (const char *)m + f->offset;
    const void *quantifier = (const char *)m + f->quantifier_offset;
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *)quantifier == f->id ? value_check(m, f, at, mend, err) : 0;
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return value_check(m, f, at, mend, err);
    at = *(const char *const *)at;
    for (size_t i = 0; i < *(const size_t *)quantifier; i++) {
        int r = value_check(m, f, at + i * size, mend, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int values_walk(ProtobufCMessage *m, bool mend, struct az_error *err)
{
    if (m->n_unknown_fields)
        m->n_unknown_fields = 0;
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        int r = field_check(m, &m->descriptor->fields[i], mend, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int az_wire_values_check(ProtobufCMessage *m, struct az_error *err)
{
    return values_walk(m, false, err);
}

int az_wire_values_mend(ProtobufCMessage *m, struct az_error *err)
{
    return values_walk(m, true, err);
}

int az_wire_rates_check(double rpm, double tpm, int code, struct az_error *err)
{
    if (isfinite(rpm) && isfinite(tpm) && rpm >= 0 && tpm >= 0)
        return 0;
    return az_fail(err, code, "a rate that is no number");
}

int az_wire_backend_check(size_t name_bytes, size_t n_models, double rpm, double tpm, int code,
                          struct az_error *err)
{
    if (!name_bytes || name_bytes > AZ_WIRE_NAME_MAX || n_models > AZ_WIRE_MODELS_MAX)
        return az_fail(err, code, "a backend with a name of %zu bytes and %zu models", name_bytes,
                       n_models);
    return az_wire_rates_check(rpm, tpm, code, err);
}
