#include "tests/stub/replay.h"

#include "core/arena.h"
#include "core/hash.h"
#include "core/mem.h"
#include "tests/stub/file.h"
#include "tests/stub/table.h"

enum { NONCE_MIN = 16, BLOCKS_MAX = 32, RESPONSES_MAX = 16, SAMPLES_MAX = 64 };

struct recorded_item {
    struct az_str id;
    uint64_t prompt; /* hashes of the texts */
    uint64_t responses[RESPONSES_MAX];
    size_t n;
};

struct recorded_answer {
    struct az_str text;
    int64_t sample;
};

struct replay {
    struct az_arena *arena;
    struct recorded_item *items;
    size_t n_items, items_cap;
    struct recorded_answer *answers;
    size_t n_answers, answers_cap;
    struct table by_text;   /* a response's hash → items */
    struct table by_answer; /* item, judge, order → answers */
};

static uint64_t text_key(struct az_str s)
{
    return az_hash64(7, s);
}

static uint64_t answer_key(struct az_str id, struct az_str judge, struct az_str order)
{
    return az_hash64(az_hash64(az_hash64(11, id), judge), order);
}

static int item_row(void *arg, az_jv row, struct az_error *err)
{
    struct replay *r = arg;
    struct recorded_item it = {0};
    struct az_str id = az_jv_str(az_jv_get(row, "id"));
    az_jv responses = az_jv_get(row, "responses");
    it.id = az_arena_str(r->arena, id.p ? id : AZ_STR(""));
    it.prompt = text_key(az_jv_str(az_jv_get(row, "prompt")));
    if (!responses)
        it.responses[it.n++] = text_key(az_jv_str(az_jv_get(row, "response")));
    for (az_jv v = az_jv_first(responses); v && it.n < RESPONSES_MAX; v = az_jv_next(v))
        it.responses[it.n++] = text_key(az_jv_str(v));
    if (!it.id.p || az_grow(&r->items, &r->items_cap, r->n_items + 1, sizeof(*r->items)) < 0)
        return az_oom(err);
    for (size_t i = 0; i < it.n; i++)
        if (table_add(&r->by_text, it.responses[i], (uint32_t)r->n_items) < 0)
            return az_oom(err);
    r->items[r->n_items++] = it;
    return 0;
}

static int answer_row(void *arg, az_jv row, struct az_error *err)
{
    struct replay *r = arg;
    struct recorded_answer a = {0};
    struct az_str text = az_jv_str(az_jv_get(row, "text"));
    struct az_str order = az_jv_str(az_jv_get(row, "order"));
    az_jv_int(az_jv_get(row, "sample"), &a.sample);
    a.text = az_arena_str(r->arena, text.p ? text : AZ_STR(""));
    if (!a.text.p ||
        az_grow(&r->answers, &r->answers_cap, r->n_answers + 1, sizeof(*r->answers)) < 0)
        return az_oom(err);
    uint64_t key = answer_key(az_jv_str(az_jv_get(row, "item")), az_jv_str(az_jv_get(row, "judge")),
                              order.p ? order : AZ_STR(""));
    if (table_add(&r->by_answer, key, (uint32_t)r->n_answers) < 0)
        return az_oom(err);
    r->answers[r->n_answers++] = a;
    return 0;
}

int replay_load(const char *answers, const char *items, struct replay **ret, struct az_error *err)
{
    struct replay *r = az_zalloc(sizeof(*r));
    if (!r || !(r->arena = az_arena_new(64 << 10))) {
        free(r);
        return az_oom(err);
    }
    int rc = file_each_json(items, item_row, r, err);
    if (rc == 0)
        rc = file_each_json(answers, answer_row, r, err);
    if (rc < 0) {
        replay_free(r);
        return rc;
    }
    *ret = r;
    return 0;
}

void replay_free(struct replay *r)
{
    if (!r)
        return;
    table_release(&r->by_text);
    table_release(&r->by_answer);
    free(r->items);
    free(r->answers);
    az_arena_free(r->arena);
    free(r);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The first run of hex digits in a line that is long enough for a nonce. */
static struct az_str nonce_of(struct az_str line)
{
    for (size_t i = 0, n = 0; i <= line.n; i++) {
        if (i < line.n && is_hex(line.p[i])) {
            n++;
            continue;
        }
        if (n >= NONCE_MIN)
            return (struct az_str){line.p + i - n, n};
        n = 0;
    }
    return (struct az_str){NULL, 0};
}

/* The text between the line that ended before `rest` and the next one with
 * this nonce; then *rest goes on after that line. */
static bool block(struct az_str *rest, struct az_str nonce, struct az_str *ret)
{
    struct az_str after = *rest, line;
    while (az_str_line(&after, &line)) {
        if (!az_str_eq(nonce_of(line), nonce))
            continue;
        size_t n = (size_t)(line.p - rest->p);
        *ret = (struct az_str){rest->p, n ? n - 1 : 0}; /* without the last "\n" */
        *rest = after;
        return true;
    }
    return false;
}

static size_t blocks(struct az_str text, uint64_t *ret)
{
    size_t n = 0;
    struct az_str line, found;
    while (n < BLOCKS_MAX && az_str_line(&text, &line)) {
        struct az_str nonce = nonce_of(line);
        if (nonce.p && block(&text, nonce, &found))
            ret[n++] = text_key(found);
    }
    return n;
}

static int place(const uint64_t *at, size_t n, uint64_t key)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] == key)
            return (int)i;
    return -1;
}

/* Are all of the item's responses among the blocks, and its prompt, where any
 * block is left for it? */
static bool shown(const struct recorded_item *it, const uint64_t *at, size_t n)
{
    for (size_t i = 0; i < it->n; i++)
        if (place(at, n, it->responses[i]) < 0)
            return false;
    return n <= it->n || place(at, n, it->prompt) >= 0;
}

/* In which order a pair is shown: the last places where its texts stand. */
static const char *order_of(const struct recorded_item *it, const uint64_t *at, size_t n)
{
    if (it->n != 2)
        return "";
    for (size_t i = 0; i + 1 < n; i++) {
        if (at[i] == it->responses[0] && at[i + 1] == it->responses[1])
            return "AB";
        if (at[i] == it->responses[1] && at[i + 1] == it->responses[0])
            return "BA";
    }
    return "";
}

static struct az_str sample_of(const struct replay *r, uint64_t key, int64_t nth)
{
    const struct recorded_answer *samples[SAMPLES_MAX];
    size_t n = 0, at = 0;
    int64_t found;
    while (n < SAMPLES_MAX && (found = table_find(&r->by_answer, key, &at)) >= 0)
        samples[n++] = &r->answers[found];
    for (size_t i = 0; i < n; i++)
        if (samples[i]->sample == nth % (int64_t)n)
            return samples[i]->text;
    return n ? samples[0]->text : (struct az_str){NULL, 0};
}

struct az_str replay_find(const struct replay *r, const struct ask *ask, int64_t answered)
{
    uint64_t at[BLOCKS_MAX];
    size_t n = blocks(ask->user, at);
    for (size_t b = n; b-- > 0;) { /* responses come last */
        size_t slot = 0;
        int64_t i;
        while ((i = table_find(&r->by_text, at[b], &slot)) >= 0) {
            const struct recorded_item *it = &r->items[i];
            if (!shown(it, at, n))
                continue;
            uint64_t key = answer_key(it->id, ask->model, az_str(order_of(it, at, n)));
            struct az_str text = sample_of(r, key, answered);
            if (text.p)
                return text;
        }
    }
    return (struct az_str){NULL, 0};
}
