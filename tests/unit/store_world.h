/* What the store's tests share: a directory that goes away, a panel of three
 * judges, items, ballots and verdicts made by hand. */
#pragma once
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/io_store.h"
#include "core/item.h"
#include "core/mem.h"

struct world {
    char root[64], dir[96]; /* dir: of the job, not yet made */
    struct az_judge judges[4];
    struct az_panel panel;
};

static inline int world_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static inline void world_init(struct world *w)
{
    static const char *const names[] = {"qwen", "haiku", "overlap", "later"};
    static const char *labels[] = {"A", "B", "tie"};
    *w = (struct world){
        .panel =
            {
                .path = "p.yaml",
                .name = "p",
                .question = {.kind = AZ_PAIR,
                             .ask = "Which?",
                             .ties = true,
                             .n_labels = 3,
                             .labels = labels},
                .n_judges = 3,
                .identity = {{1}},
            },
    };
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        w->judges[i] = (struct az_judge){.name = names[i], .model = "m", .max_tokens = 800};
        w->judges[i].identity.bytes[0] = (unsigned char)(10 + i);
    }
    w->panel.judges = w->judges;
    snprintf(w->root, sizeof(w->root), "/tmp/assize-store-XXXXXX");
    assert_non_null(mkdtemp(w->root));
    snprintf(w->dir, sizeof(w->dir), "%s/job", w->root);
}

static inline int world_new(void **state)
{
    struct world *w = az_alloc(sizeof(*w));
    assert_non_null(w);
    world_init(w);
    *state = w;
    return 0;
}

static inline int world_free(void **state)
{
    struct world *w = *state;
    nftw(w->root, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

static inline struct az_store *open_job(struct world *w)
{
    struct az_store *s = NULL;
    struct az_error err = {0};
    if (az_store_open(w->dir, AZ_STORE_RUN, &w->panel, &s, &err) < 0)
        fail_msg("%s", err.what);
    return s;
}

static inline struct az_store_reader *open_reader(struct az_store *s)
{
    struct az_store_reader *r = NULL;
    struct az_error err = {0};
    if (az_store_reader_open(s, &r, &err) < 0)
        fail_msg("%s", err.what);
    return r;
}

/* Wait for the event, never for a time. */
static inline int wait_committed(struct az_store *s, uint64_t ticket)
{
    struct pollfd p = {.fd = az_store_fd(s), .events = POLLIN};
    while (az_store_committed(s) < ticket && !az_store_failed(s, NULL)) {
        poll(&p, 1, -1);
        az_store_ack(s);
    }
    return az_store_failed(s, NULL);
}

static inline int commit_all(struct az_store *s)
{
    az_store_submit(s);
    return wait_committed(s, s->ticket);
}

static inline struct az_str arena_fmt(struct az_arena *a, const char *fmt, ...) AZ_PRINTF(2, 3);
static inline struct az_str arena_fmt(struct az_arena *a, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return az_arena_str(a, az_str(text));
}

static inline struct az_item *make_item(int64_t seq)
{
    struct az_arena *a = az_arena_new(1024);
    struct az_item *item = az_arena_zalloc(a, sizeof(*item));
    item->arena = a;
    item->seq = seq;
    item->line = seq + 1;
    item->id = arena_fmt(a, "q%lld", (long long)seq);
    item->prompt = arena_fmt(a, "prompt %lld, and what is always said, always said, always said",
                             (long long)seq);
    item->n_responses = 2;
    item->responses = az_arena_zalloc(a, 2 * sizeof(*item->responses));
    item->responses[0] = AZ_STR("the first answer");
    item->responses[1] = arena_fmt(a, "the second answer to %lld", (long long)seq);
    item->content = az_hash_of(item->prompt);
    return item;
}

static inline void put_item(struct az_store *s, int64_t seq)
{
    AZ_AUTO(item) item = make_item(seq);
    assert_int_equal(az_store_put_item(s, item, NULL), 0);
}

static inline struct az_key key_of(int64_t seq, int judge, int order)
{
    return (struct az_key){
        .item = seq, .judge = judge, .round = 1, .criterion = -1, .order = order};
}

static inline struct az_ballot answer_of(struct az_key key, int label)
{
    return (struct az_ballot){
        .key = key,
        .label = label,
        .how = AZ_STR("json"),
        .rationale = AZ_STR("because"),
        .model = AZ_STR("m"),
        .tokens_in = 812,
        .tokens_out = 20,
        .cost = 1000,
        .cost_known = true,
        .attempts = 1,
    };
}

static inline struct az_ballot error_of(struct az_key key, enum az_ballot_error error)
{
    return (struct az_ballot){
        .key = key, .label = AZ_LABEL_NONE, .error = error, .error_text = AZ_STR("no luck")};
}

static inline void put_ballot(struct az_store *s, struct az_ballot b)
{
    struct az_error err = {0};
    if (az_store_put_ballot(s, &b, &err) < 0)
        fail_msg("%s", err.what);
}

static inline struct az_verdict verdict_of(enum az_status status, int label)
{
    return (struct az_verdict){
        .status = status, .label = label, .how = "majority", .seats = {3, 3, 3, 0, 0}, .rounds = 1};
}

static inline struct az_store_totals totals_of(struct az_store_reader *r)
{
    struct az_store_totals t;
    assert_int_equal(az_store_totals(r, &t, NULL), 0);
    return t;
}
