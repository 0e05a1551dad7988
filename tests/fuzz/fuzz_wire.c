/* Frames to messages: what is read can be sent, and is then the same. */
#include "core/wire.h"
#include "tests/fuzz/fuzz.h"

static void items_free(struct az_msg *m)
{
    for (size_t i = 0; m->kind == AZ_MSG_QUESTIONS && i < m->questions.n_items; i++)
        az_item_free(m->questions.items[i]);
}

static void there_and_back(struct az_arena *a, struct az_str frame, struct az_buf *out)
{
    struct az_msg msg;
    struct az_error err = {0};
    int r = az_wire_unpack(frame, a, &msg, &err);
    if (r < 0) {
        az_assert((r == AZ_EPROTO || r == AZ_EINVAL) && *err.what && !out->n);
        return;
    }
    az_buf_clear(out);
    az_assert(az_wire_pack(out, &msg, a, &err) == 0);
    items_free(&msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AZ_AUTO(arena) a = az_arena_new(4096);
    AZ_AUTO_BUF once = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO_BUF twice = az_buf(AZ_WIRE_FRAME_MAX);
    there_and_back(a, (struct az_str){(const char *)data, size}, &once);
    if (!once.n)
        return 0;
    there_and_back(a, az_buf_view(&once), &twice);
    az_assert(az_str_eq(az_buf_view(&once), az_buf_view(&twice)));
    return 0;
}
