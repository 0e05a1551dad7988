/* Ballots cast elsewhere: lines in, then every question is answered. */
#include "core/wire_model.h"
#include "tests/fuzz/fuzz.h"
#include "workers/recorded.h"

static void look_up(const struct az_recorded *t, const struct az_panel *panel, int order)
{
    AZ_AUTO(arena) a = az_arena_new(1024);
    struct az_str texts[4] = {AZ_STR("a"), AZ_STR("b"), AZ_STR("c"), AZ_STR("d")};
    struct az_item item = {.id = AZ_STR("1"), .n_responses = 2, .responses = texts};
    struct az_key key = {.round = 1, .criterion = -1, .order = order};
    struct az_ballot ballot = {.key = key};
    az_assert(az_recorded_find(t, panel, &key, &item, a, &ballot) == 0);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    struct az_error err = {0};
    if (az_wire_ballot_pack(&b, &ballot, &err) < 0) {
        fprintf(stderr, "%s\n", err.what);
        az_assert(!"a ballot that can't be stored");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str in = {(const char *)data, size}, line;
    const struct az_panel *panel = fuzz_panel_of(fuzz_choice(&in));
    AZ_AUTO(recorded) t = az_recorded_new();
    az_assert(t);
    while (az_str_line(&in, &line)) {
        struct az_error err = {0};
        size_t before = az_recorded_count(t);
        if (az_recorded_add_line(t, line, &err) < 0)
            az_assert(*err.what && az_recorded_count(t) == before);
    }
    for (int order = AZ_ORDER_NONE; order <= AZ_ORDER_REVERSED; order++)
        look_up(t, panel, order);
    return 0;
}
