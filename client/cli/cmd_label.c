/* assize label SOURCE -n N -o GOLD: which items to label, and a place to do it. */
#include <math.h>

#include "client/cli/command.h"
#include "client/cli/contested.h"
#include "client/cli/decide.h"
#include "client/cli/honest.h"
#include "client/cli/io_keyboard.h"
#include "client/cli/io_lock.h"
#include "client/cli/io_sources.h"
#include "client/cli/io_terminal.h"
#include "client/cli/label_file.h"
#include "client/cli/label_sheet.h"
#include "client/cli/source_args.h"
#include "core/golds.h"
#include "core/io_file.h"
#include "core/mem.h"
#include "statistics/interval/needed.h"
#include "statistics/suggest.h"

enum {
    ITEM_BYTES = 32768,
    COLUMNS = 100,
    COLUMNS_MOST = 110,
    FILE_MOST = 64 << 20,
    UNIFORM = 30, /* per cent */
};

struct options {
    const char *out, *items, *gold, *width;
    int64_t n, seed, uniform;
};

static const struct az_opt table[] = {
    {"n", 'n', AZ_OPT_INT, offsetof(struct options, n), "N", "how many items to label", 1},
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "GOLD",
     "the file of labels (gold.jsonl); one that is there is gone on with", 0},
    {"items", 0, AZ_OPT_STRING, offsetof(struct options, items), "ITEMS",
     "the items that the ballots are about: their texts", 0},
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, gold), "FILE",
     "true answers that are known already (JSONL or CSV: id, gold)", 0},
    {"width", 0, AZ_OPT_STRING, offsetof(struct options, width), "WIDTH",
     "how many labels it takes: points of a rate, units of a score", 0},
    {"uniform", 0, AZ_OPT_INT, offsetof(struct options, uniform), "PERCENT",
     "share of the picks that goes by chance alone, 1 to 100 (30)", 1},
    {"seed", 0, AZ_OPT_INT, offsetof(struct options, seed), "N", "another draw", 0},
    {0},
};

/* A picked item, packed. */
struct pick {
    double chance;
    struct az_buf item;
};

struct labelling {
    const struct options *options;
    const char *path;
    struct az_panel panel;
    struct az_arena *arena;
    struct az_label_file *file;
    /* By item, in the order in which they pass. */
    size_t n, cap;
    size_t caps[3];
    uint64_t *keys;
    double *doubt;
    bool *known;
    bool text;         /* some item has a text to show */
    uint32_t *pick_of; /* by item: its pick and one; 0: none */
    size_t n_picks, at;
    struct pick *picks;
    /* When it is done. */
    double width; /* 0: none was asked for */
    struct az_golds *golds;
    struct az_honest *over_all;
};

/* ---- which items ---- */

static int note_item(void *arg, struct az_found *found, struct az_error *err)
{
    struct labelling *l = arg;
    const struct az_item *item = found->item;
    size_t need = l->n + 1;
    if (az_grow(&l->keys, &l->caps[0], need, sizeof(*l->keys)) < 0 ||
        az_grow(&l->doubt, &l->caps[1], need, sizeof(*l->doubt)) < 0 ||
        az_grow(&l->known, &l->caps[2], need, sizeof(*l->known)) < 0 ||
        az_doubt(&l->panel, item, found->ballots, &l->doubt[l->n]) < 0)
        return az_oom(err);
    l->keys[l->n] = az_hash64(0, item->id);
    l->doubt[l->n] = sqrt(l->doubt[l->n]); /* as a standard deviation goes */
    l->known[l->n] = item->gold.n || item->gold.has_number || az_label_file_has(l->file, item->id);
    for (size_t i = 0; i < item->n_responses; i++)
        l->text |= item->responses[i].n > 0;
    l->n++;
    return 0;
}

static int draw(struct labelling *l, struct az_error *err)
{
    int64_t uniform = l->options->uniform ? l->options->uniform : UNIFORM;
    struct az_suggest s = {.keys = l->keys,
                           .doubt = l->doubt,
                           .labelled = l->known,
                           .n_items = l->n,
                           .wanted = AZ_MIN((size_t)l->options->n, l->n),
                           .uniform = (double)AZ_MIN(uniform, INT64_C(100)) / 100,
                           .seed = (uint64_t)l->options->seed};
    AZ_AUTO_MEM struct az_suggestion *v = az_alloc((s.wanted + 1) * sizeof(*v));
    l->picks = az_zalloc((s.wanted + 1) * sizeof(*l->picks));
    l->pick_of = az_zalloc((l->n + 1) * sizeof(*l->pick_of));
    if (!v || !l->picks || !l->pick_of || az_suggest(&s, v, &l->n_picks) < 0)
        return az_oom(err);
    for (size_t i = 0; i < l->n_picks; i++) {
        l->picks[i] = (struct pick){.chance = v[i].chance, .item = az_buf(AZ_BUF_MAX)};
        l->pick_of[v[i].item] = (uint32_t)i + 1;
    }
    az_label_file_drawn(l->file, l->n_picks);
    return 0;
}

static int keep_pick(void *arg, struct az_found *found, struct az_error *err)
{
    struct labelling *l = arg;
    if (l->at >= l->n || !l->pick_of[l->at++])
        return 0;
    struct pick *p = &l->picks[l->pick_of[l->at - 1] - 1];
    az_item_pack(&p->item, found->item);
    return az_buf_check(&p->item, err);
}

/* ---- labelling ---- */

static int save(const struct labelling *l, struct az_error *err)
{
    AZ_AUTO_BUF b = az_buf(FILE_MOST);
    az_label_file_print(l->file, &b);
    int r = az_buf_check(&b, err);
    return r < 0 ? r : az_file_write(l->path, az_buf_view(&b), err);
}

static void show(const struct labelling *l, const struct az_item *item, size_t at, bool terminal)
{
    AZ_AUTO_BUF b = az_buf(64 << 20);
    size_t width = AZ_MIN(az_terminal_columns(1, COLUMNS), (size_t)COLUMNS_MOST);
    az_buf_z(&b, terminal ? "\033[H\033[2J" : "\n");
    az_label_sheet(&b, &l->panel.question, item, at + 1, l->n_picks,
                   az_label_file_new_count(l->file), width, az_terminal_color(1));
    fputs(b.p ? b.p : "", stdout);
    fflush(stdout);
}

/* The pick before this one that has a label from now; its label goes. */
static void undo(struct labelling *l, size_t *at)
{
    struct az_str id = az_label_file_undo(l->file);
    for (size_t i = *at; id.p && i-- > 0;) {
        AZ_AUTO(item) item = NULL;
        if (az_item_unpack(&l->panel, az_buf_view(&l->picks[i].item), &item, NULL) < 0 ||
            !az_str_eq(item->id, id))
            continue;
        *at = i;
        return;
    }
}

/* One key's worth. 1: go on; 0: whoever labels has had enough. */
static int take_key(struct labelling *l, const struct az_item *item, int key, size_t *at,
                    struct az_error *err)
{
    char gold[AZ_LABEL_GOLD_MAX];
    int r = 0;
    switch (key < 0 ? AZ_LABEL_QUIT : az_label_key(&l->panel.question, item, key, gold)) {
    case AZ_LABEL_QUIT:
        return 0;
    case AZ_LABEL_NOTHING:
        return 1;
    case AZ_LABEL_SKIP:
        (*at)++;
        return 1;
    case AZ_LABEL_UNDO:
        if (!az_label_file_new_count(l->file))
            return 1;
        undo(l, at);
        break;
    case AZ_LABEL_IT:
        r = az_label_file_add(l->file, item->id, az_str(gold), l->picks[*at].chance, err);
        (*at)++;
        break;
    }
    if (r == 0)
        r = save(l, err);
    return r < 0 ? r : 1;
}

static int label_all(struct labelling *l, struct az_error *err)
{
    struct az_keyboard keyboard;
    int r = 1;
    az_keyboard_open(&keyboard);
    for (size_t at = 0; r == 1 && at < l->n_picks;) {
        AZ_AUTO(item) item = NULL;
        r = az_item_unpack(&l->panel, az_buf_view(&l->picks[at].item), &item, err);
        if (r < 0)
            break;
        show(l, item, at, keyboard.terminal);
        r = take_key(l, item, az_keyboard_next(&keyboard), &at, err);
    }
    az_keyboard_close(&keyboard);
    return r < 0 ? r : 0;
}

/* ---- what it came to ---- */

/* An item with what is known of it now. Labels of earlier draws have their weights, answers that
 * were known before stand for themselves alone. */
static int add_labelled(void *arg, struct az_found *found, struct az_error *err)
{
    struct labelling *l = arg;
    struct az_decide_case c = {found->item, found->ballots, false, found->asked_with_gold, true};
    struct az_verdict verdict = found->verdict;
    struct az_ballots ballots = found->ballots;
    struct az_str gold = az_golds_find(l->golds, found->item->id);
    int r = 0;
    if (found->open)
        return 0;
    az_arena_reset(l->arena);
    if (verdict.status == AZ_OPEN)
        r = az_decide(&l->panel, &c, l->arena, &verdict, &ballots, err);
    if (r == 0 && gold.p)
        r = az_item_set_gold(&l->panel, found->item, gold, err);
    double weight = gold.p ? az_golds_weight(l->golds, found->item->id) : found->weight;
    return r < 0 ? r : az_honest_add(l->over_all, found->item, &verdict, ballots, weight, err);
}

static int work_out(struct labelling *l, struct az_sources *s, struct az_honest_figures *f,
                    struct az_error *err)
{
    const struct az_question *q = &l->panel.question;
    double scale = q->kind == AZ_SCORE ? q->scale_max - q->scale_min : 1;
    struct az_honest_widths usual = {{0.1, 0.06}, {0.1 * scale, 0.06 * scale}};
    struct az_honest_widths wanted = {{l->width / 100}, {l->width}};
    AZ_AUTO_BUF b = az_buf(FILE_MOST);
    az_label_file_print(l->file, &b);
    int r = az_buf_check(&b, err);
    if (r == 0)
        r = az_golds_parse(az_buf_view(&b), &l->golds, err);
    if (r == 0 && !(l->over_all = az_honest_new(&l->panel, az_sources_n_responses(s))))
        r = az_oom(err);
    if (r < 0)
        return r;
    az_honest_want(l->over_all, l->width > 0 ? &wanted : &usual);
    r = az_sources_each(s, add_labelled, l, err);
    if (r == 0 && az_honest_finish(l->over_all, "auto", false, 0, f) < 0)
        r = az_oom(err);
    return r;
}

static void put_needed(struct az_buf *b, const struct az_honest_figure *f, int64_t needed)
{
    if (needed > f->all)
        az_buf_fmt(b, "more than the %lld items there are", (long long)f->all);
    else if (needed <= f->labelled)
        az_buf_z(b, "no more labels");
    else
        az_buf_fmt(b, "some %lld labels in all, %lld more", (long long)needed,
                   (long long)(needed - f->labelled));
}

/* Of the first figure: how often the panel is right, or the mean. */
static void tell_needed(const struct labelling *l, const struct az_honest_figures *f)
{
    const struct az_honest_figure *first = &f->v[0];
    bool score = l->panel.question.kind == AZ_SCORE;
    AZ_AUTO_BUF b = az_buf(4096);
    if (!first->needed[0])
        return;
    az_honest_name(&b, first);
    if (l->width > 0) {
        az_buf_fmt(&b, ": an interval %g %swide takes ", l->width, score ? "" : "points ");
        put_needed(&b, first, first->needed[0]);
    } else {
        az_buf_z(&b, score ? ": to within a twentieth of the scale takes "
                           : ": to within 5 points takes ");
        put_needed(&b, first, first->needed[0]);
        az_buf_z(&b, score ? "; a thirty-third, " : "; to within 3, ");
        put_needed(&b, first, first->needed[1]);
    }
    az_say("%s", b.p ? b.p : "");
}

/* What the labels say by now, and what more of them would give. */
static int tell(struct labelling *l, struct az_sources *s, struct az_error *err)
{
    AZ_AUTO_BUF b = az_buf(1 << 20);
    struct az_honest_figures f = {0};
    size_t n = az_label_file_count(l->file);
    az_say("%zu label%s in '%s', %zu of them new", n, n == 1 ? "" : "s", l->path,
           az_label_file_new_count(l->file));
    int r = n < AZ_NEEDED_LEAST ? 0 : work_out(l, s, &f, err);
    if (r == 0 && f.n) {
        az_honest_text(&b, &f, az_terminal_columns(2, COLUMNS));
        fputs(b.p ? b.p : "", stderr);
        tell_needed(l, &f);
        if (l->panel.question.kind != AZ_SCORE)
            az_say("to promise that at most 5%% of what is kept is wrong takes 59 labels to test "
                   "on at the least, and others to learn from, of a random sample (--uniform 100)");
    }
    az_honest_figures_release(&f);
    return r;
}

/* ---- the command ---- */

static int read_file(struct labelling *l, struct az_error *err)
{
    AZ_AUTO_MEM char *text = NULL;
    size_t n = 0;
    struct az_error none = {0};
    int r = az_file_read(l->path, FILE_MOST, &text, &n, &none);
    if (r == AZ_ENOENT)
        r = 0; /* it will be made */
    else if (r < 0)
        *err = none;
    if (r == 0)
        r = az_label_file_parse((struct az_str){text ? text : "", n}, &l->file, err);
    return r < 0 ? az_wrap(err, "'%s'", l->path) : 0;
}

static int check(const struct labelling *l, struct az_error *err)
{
    const char *why = az_label_sheet_cannot(&l->panel.question);
    if (why) {
        az_fail(err, AZ_EUSAGE, "this question can't be labelled with one key: %s", why);
        az_hint(err, "Write the labels into a file of your own: {\"id\": …, \"gold\": …}.");
        return AZ_EUSAGE;
    }
    if (!l->text) {
        az_fail(err, AZ_EUSAGE, "the items have no text to show");
        az_hint(err, "Name the file that they are in: --items ITEMS.");
        return AZ_EUSAGE;
    }
    return 0;
}

static int prepare(struct labelling *l, struct az_sources *s, struct az_error *err)
{
    int r = az_decide_panel(az_sources_panel(s), false, 0, &l->panel, err);
    if (r == 0)
        r = read_file(l, err);
    if (r == 0 && !(l->arena = az_arena_new(ITEM_BYTES)))
        r = az_oom(err);
    if (r == 0)
        r = az_sources_each(s, note_item, l, err);
    if (r == 0)
        r = check(l, err);
    if (r == 0)
        r = draw(l, err);
    return r < 0 ? r : az_sources_each(s, keep_pick, l, err);
}

static int read_width(struct labelling *l, struct az_error *err)
{
    const char *text = l->options->width;
    if (!text || (az_str_double(az_str(text), &l->width) && l->width > 0 && isfinite(l->width)))
        return 0;
    return az_fail(err, AZ_EUSAGE, "--width wants a number above 0, not '%.40s'", text);
}

static void release(struct labelling *l)
{
    for (size_t i = 0; l->picks && i < l->n_picks; i++)
        az_buf_release(&l->picks[i].item);
    free(l->picks);
    free(l->pick_of);
    free(l->keys);
    free(l->doubt);
    free(l->known);
    az_golds_free(l->golds);
    az_honest_free(l->over_all);
    az_arena_free(l->arena);
    az_label_file_free(l->file);
}

/* Weights are of one draw after the other: two at once would take each other's labels away. */
static int lock(const char *path, struct az_file_lock *ret, struct az_error *err)
{
    int r = az_file_lock(path, ret, err);
    if (r != AZ_EBUSY)
        return r;
    az_fail(err, AZ_EBUSY, "somebody else is labelling into '%s'", path);
    az_hint(err, "Wait until they are done, or label into another file: -o OTHER.");
    return AZ_EBUSY;
}

static int label(const struct options *o, const char *panel, const char *const *paths, size_t n)
{
    struct az_sources_options with = {.panel = panel, .items = o->items, .gold = o->gold};
    struct labelling l = {.options = o, .path = o->out ? o->out : "gold.jsonl"};
    AZ_AUTO(sources) s = NULL;
    struct az_file_lock held = {0};
    struct az_error err = {0};
    int r = read_width(&l, &err);
    if (r == 0)
        r = az_out_check(l.path, &err);
    if (r == 0)
        r = lock(l.path, &held, &err);
    if (r == 0)
        r = az_sources_open(paths, n, &with, &s, &err);
    if (r == 0)
        r = prepare(&l, s, &err);
    if (r == 0 && !l.n_picks)
        az_say("every item has a label already");
    if (r == 0 && l.n_picks)
        r = label_all(&l, &err);
    if (r == 0) {
        putchar('\n');
        r = tell(&l, s, &err);
    }
    release(&l);
    az_file_unlock(&held);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : AZ_EXIT_OK;
}

static int run(int argc, char **argv)
{
    static const char example[] = "assize label ITEMS.PANEL.assize -n 50 -o gold.jsonl";
    struct options o = {0};
    struct az_source_args args;
    struct az_error err = {0};
    int r = az_source_args(table, argc, argv, &o, "label wants a SOURCE", example, &args, &err);
    if (r == 0 && !o.n) {
        r = az_fail(&err, AZ_EUSAGE, "label wants -n N");
        az_hint(&err, "%s", example);
    }
    return r < 0 ? az_report(&err, az_exit_of(&err)) : label(&o, args.panel, args.paths, args.n);
}

const struct az_command az_cmd_label = {
    .name = "label",
    .args = "[PANEL] SOURCE... -n N",
    .summary = "pick the items whose true answer would help most, and label them",
    .more = "Items in doubt are picked more often, every item with some chance; each label\n"
            "keeps its weight, 1/chance, so that figures stay honest. One key a label; s\n"
            "skips, u takes the last one back, q ends. Every label is on disk before the next\n"
            "item is shown.",
    .options = table,
    .run = run,
};
