/* assize compare SOURCE SOURCE: which of two is better, and how sure that is. */
#include "client/cli/command.h"
#include "client/cli/compare.h"
#include "client/cli/decide.h"
#include "client/cli/guess.h"
#include "client/cli/io_by.h"
#include "client/cli/io_sources.h"
#include "client/cli/io_terminal.h"
#include "core/mem.h"
#include "workers/names.h"

enum { ITEM_BYTES = 32768, NO_TERMINAL_COLUMNS = 100 };

struct options {
    const char *items, *gold, *rule;
    bool json;
};

static const struct az_opt table[] = {
    {"items", 0, AZ_OPT_STRING, offsetof(struct options, items), "ITEMS",
     "the items that both are about: clusters, systems, true answers", 0},
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, gold), "FILE",
     "true answers by id (JSONL or CSV: id, gold)", 0},
    AZ_BY_ROW(struct options, rule),
    {"json", 0, AZ_OPT_FLAG, offsetof(struct options, json), NULL, "as one JSON object", 0},
    {0},
};

struct comparing {
    struct az_sources *sources[2];
    struct az_panel panels[2];
    struct az_by by[2];
    struct az_compare result;
    struct az_arena *arena;
    /* What A came to, by the number of its item's id. */
    struct az_names ids;
    struct az_outcome *outcomes;
    size_t cap;
    int64_t matched;
};

/* What the source says; ballots alone are decided here (io_by.h). */
static int outcome(struct comparing *c, int side, struct az_found *f, struct az_outcome *ret,
                   struct az_error *err)
{
    struct az_verdict verdict = f->verdict;
    struct az_ballots ballots = f->ballots;
    struct az_compare_side *of = side ? &c->result.b : &c->result.a;
    az_arena_reset(c->arena);
    if (verdict.status == AZ_OPEN && !f->open) {
        struct az_decide_case one = {f->item, f->ballots, false, f->asked_with_gold, true};
        of->by = c->by[side].name;
        int r =
            az_decide(az_by_panel(&c->by[side], f->item), &one, c->arena, &verdict, &ballots, err);
        if (r < 0)
            return r;
    }
    az_compare_count(of, verdict.status, ballots);
    if (az_outcome_of(&c->panels[side], f->item, &verdict, ballots, c->arena, ret) < 0)
        return az_oom(err);
    ret->weight = f->weight;
    return 0;
}

static int keep_a(void *arg, struct az_found *f, struct az_error *err)
{
    struct comparing *c = arg;
    struct az_outcome o;
    int r = outcome(c, 0, f, &o, err);
    if (r < 0 || o.status == AZ_OPEN)
        return r;
    uint32_t number = az_names_add(&c->ids, f->item->id);
    if (number == AZ_NAME_NONE || az_grow(&c->outcomes, &c->cap, number, sizeof(*c->outcomes)) < 0)
        return az_oom(err);
    c->outcomes[number - 1] = o;
    return 0;
}

static int match_b(void *arg, struct az_found *f, struct az_error *err)
{
    struct comparing *c = arg;
    struct az_outcome o;
    int r = outcome(c, 1, f, &o, err);
    if (r < 0 || o.status == AZ_OPEN)
        return r;
    uint32_t number = az_names_find(&c->ids, f->item->id);
    if (number == AZ_NAME_NONE) {
        c->result.only_b++;
        return 0;
    }
    c->matched++;
    return az_compare_add(&c->result, f->item, &c->outcomes[number - 1], &o) < 0 ? az_oom(err) : 0;
}

static int open_side(struct comparing *c, int side, const struct options *o, const char *path,
                     struct az_error *err)
{
    struct az_sources_options with = {.items = o->items, .gold = o->gold};
    int r = az_sources_open(&path, 1, &with, &c->sources[side], err);
    if (r == 0)
        r = az_decide_panel(az_sources_panel(c->sources[side]), true, 0, &c->panels[side], err);
    if (r == 0)
        r = az_by_learn(c->sources[side], &c->panels[side], o->rule, false, &c->by[side], err);
    return r;
}

static int open_both(struct comparing *c, const struct options *o, const char *const *paths,
                     struct az_error *err)
{
    int r = open_side(c, 0, o, paths[0], err);
    if (r == 0)
        r = open_side(c, 1, o, paths[1], err);
    if (r < 0)
        return r;
    const struct az_question *a = &c->panels[0].question, *b = &c->panels[1].question;
    if (a->kind != b->kind) {
        az_fail(err, AZ_ECHANGED, "'%s' answers a %s question and '%s' a %s question", paths[0],
                az_kind_name(a->kind), paths[1], az_kind_name(b->kind));
        az_hint(err, "Compare what answers the same question.");
        return AZ_ECHANGED;
    }
    az_compare_init(&c->result, a);
    c->result.a.name = paths[0];
    c->result.b.name = paths[1];
    return 0;
}

static int compare(struct comparing *c, const struct options *o, const char *const *paths,
                   struct az_error *err)
{
    c->arena = az_arena_new(ITEM_BYTES);
    int r = c->arena ? open_both(c, o, paths, err) : az_oom(err);
    if (r == 0)
        r = az_sources_each(c->sources[0], keep_a, c, err);
    if (r == 0)
        r = az_sources_each(c->sources[1], match_b, c, err);
    c->result.only_a = (int64_t)c->ids.n - c->matched;
    return r == 0 && az_compare_finish(&c->result) < 0 ? az_oom(err) : r;
}

static int print(const struct comparing *c, const struct options *o)
{
    AZ_AUTO_BUF b = az_buf(1 << 20);
    if (o->json) {
        az_compare_json(&b, &c->result);
        az_buf_char(&b, '\n');
    } else {
        az_compare_text(&b, &c->result, az_terminal_columns(1, NO_TERMINAL_COLUMNS));
    }
    for (int side = 0; side < 2; side++) {
        az_sources_tell(c->sources[side]);
        if (c->by[side].reason)
            az_say("%c is decided by the majority: %s", 'A' + side, c->by[side].reason);
    }
    int code = az_print(&b);
    if (code)
        return code;
    if (!c->result.n) {
        az_say("the two have no decided item in common");
        return AZ_EXIT_NO_INPUT;
    }
    bool bad =
        az_sources_counts(c->sources[0]).bad_lines || az_sources_counts(c->sources[1]).bad_lines;
    return bad ? AZ_EXIT_ITEMS : AZ_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[2];
    size_t n = 0;
    struct az_error err = {0};
    struct comparing c = {0};
    int r = az_options_parse(table, argc, argv, &o, args, 2, &n, &err);
    if (r == 0 && n < 2) {
        r = az_fail(&err, AZ_EUSAGE, "compare wants two sources");
        az_hint(&err, "assize compare ONE.assize OTHER.assize");
    }
    if (r == 0)
        r = compare(&c, &o, args, &err);
    int code = r < 0 ? az_report(&err, az_exit_of(&err)) : print(&c, &o);
    az_compare_release(&c.result);
    az_by_release(&c.by[0]);
    az_by_release(&c.by[1]);
    az_sources_free(c.sources[0]);
    az_sources_free(c.sources[1]);
    az_names_release(&c.ids);
    az_arena_free(c.arena);
    free(c.outcomes);
    return code;
}

const struct az_command az_cmd_compare = {
    .name = "compare",
    .args = "SOURCE SOURCE",
    .summary = "two sources item by item: differences with their intervals",
    .more = "Of a job or a verdicts file its verdicts are compared. Ballots alone are decided\n"
            "first: where 20 items have gold by what was learnt from those (auto), no item by\n"
            "a model that has seen it; else by the majority of all.",
    .options = table,
    .run = run,
};
