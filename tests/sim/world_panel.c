/* Panels of every kind, by the seed. */
#include "tests/sim/world.h"

static const char *const policies[] = {
    "policy: vote\n",
    "policy: {kind: vote, early_stop: true, audit: 0.1}\n",
    "policy: {kind: debate, rounds: 2}\n",
    "policy: {kind: debate, rounds: 3}\n",
};

static void put_backends(struct world *w, struct az_buf *b)
{
    az_buf_z(b, "backends:\n");
    static const char *const names[] = {"gpu", "api"};
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        az_buf_fmt(b, "  - {name: %s, kind: openai, url: 'http://%s/v1'", names[i], names[i]);
        if (world_roll(w, 3))
            az_buf_fmt(b, ", slots: %d", 1 + (int)world_roll(w, 8));
        if (!world_roll(w, 4))
            az_buf_fmt(b, ", rpm: %d", 60 + (int)world_roll(w, 600));
        az_buf_z(b, "}\n");
    }
    az_buf_z(b, "  - {name: lex, kind: lexical}\n");
}

static void put_judges(struct world *w, struct az_buf *b)
{
    int n = 2 + (int)world_roll(w, 4);
    az_buf_z(b, "judges:\n");
    for (int j = 0; j < n; j++) {
        const char *backend = world_roll(w, 3) ? "gpu" : "api";
        az_buf_fmt(b, "  - {name: j%d, backend: %s, model: m%d, max_tokens: 64", j, backend, j % 2);
        if (w->with_limit)
            az_buf_z(b, ", usd_per_mtok: {input: 1, output: 5}");
        if (!world_roll(w, 3))
            az_buf_z(b, ", samples: 2");
        az_buf_fmt(b, ", orders: %s, answer: %s}\n", world_roll(w, 2) ? "both" : "one",
                   world_roll(w, 2) ? "json" : "letter");
    }
    if (!world_roll(w, 2))
        az_buf_z(b, "  - {name: lexical, backend: lex, model: length}\n");
}

void world_panel(struct world *w)
{
    AZ_AUTO_BUF b = az_buf(65536);
    w->with_limit = world_roll(w, 2);
    az_buf_fmt(&b, "question: {kind: pair, ties: %s, ask: Which?}\n",
               world_roll(w, 2) ? "true" : "false");
    put_backends(w, &b);
    put_judges(w, &b);
    az_buf_z(&b, policies[world_roll(w, AZ_LEN(policies))]);
    az_buf_fmt(&b, "limits: {attempts: %d, timeout_s: %d, item_s: %d", 1 + (int)world_roll(w, 4),
               5 + (int)world_roll(w, 30), world_roll(w, 2) ? 100000 : 2 + (int)world_roll(w, 60));
    if (w->with_limit)
        az_buf_fmt(&b, ", usd: 0.%02d", 1 + (int)world_roll(w, 40));
    az_buf_z(&b, "}\n");

    struct az_panel_source source = {0};
    struct az_error err = {0};
    if (az_panel_parse(b.p, "world.yaml", &source, &w->panel, &err) < 0) {
        world_fail(w, "the panel: %s\n%s", err.what, b.p);
        return;
    }
    if (w->trace)
        fprintf(stderr, "%s", b.p);
    w->n_backends = w->panel->n_backends;
    az_buf_clear(&b);
    az_panel_print(&b, w->panel, true);
    w->portable = az_arena_str(w->arena, az_buf_view(&b));
}

struct az_item *world_item(int64_t seq)
{
    struct az_item *item = az_item_new(1024);
    az_assert(item);
    char id[24];
    snprintf(id, sizeof(id), "q%d", (int)seq);
    item->seq = seq;
    item->line = seq + 1;
    item->id = az_arena_str(item->arena, az_str(id));
    item->prompt = az_arena_str(item->arena, AZ_STR("Which is it?"));
    item->n_responses = 2;
    item->responses = az_arena_zalloc(item->arena, 2 * sizeof(*item->responses));
    item->responses[0] = az_arena_str(item->arena, AZ_STR("this"));
    item->responses[1] = az_arena_str(item->arena, seq % 2 ? AZ_STR("that one") : AZ_STR("no"));
    return item;
}
