#include "client/cli/import/import.h"

#include "core/hash.h"
#include "core/item.h"
#include "core/number.h"
#include "core/verdict.h"

struct az_vote az_vote_new(void)
{
    return (struct az_vote){.order = AZ_ORDER_NONE, .round = 1, .sample = -1};
}

int az_import_init(struct az_import *im, const struct az_form *form,
                   const struct az_import_options *options, struct az_join *join,
                   struct az_error *err)
{
    *im = (struct az_import){.form = form,
                             .options = options,
                             .join = join,
                             .ballots = az_buf(AZ_BUF_MAX),
                             .items = az_buf(AZ_BUF_MAX),
                             .arena = az_arena_new(65536)};
    return im->arena ? 0 : az_oom(err);
}

void az_import_release(struct az_import *im)
{
    az_buf_release(&im->ballots);
    az_buf_release(&im->items);
    az_arena_free(im->arena);
    az_seen_ids_release(&im->seen);
    az_repeats_release(&im->samples);
}

/* Of a bad record nothing is kept. */
static void take_back(struct az_import *im, const struct az_import_counts *before, size_t ballots,
                      size_t items)
{
    im->counts.ballots = before->ballots;
    im->counts.errors = before->errors;
    im->counts.doubles = before->doubles;
    im->counts.no_order = before->no_order;
    im->counts.unturned = before->unturned;
    im->counts.odd = before->odd;
    im->ballots.n = AZ_MIN(ballots, im->ballots.n);
    im->items.n = AZ_MIN(items, im->items.n);
    im->counts.bad++;
}

int az_import_record(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    struct az_import_counts before = im->counts;
    size_t ballots = im->ballots.n, items = im->items.n;
    az_arena_reset(im->arena);
    im->item = NULL;
    im->counts.records++;
    int r = im->form->read(im, record, err);
    if (r == 1) /* a header, or nothing at all */
        im->counts.records--;
    else if (r == 0)
        im->counts.silent += im->counts.ballots == before.ballots;
    else if (r == AZ_EINVAL)
        take_back(im, &before, ballots, items);
    if (r < 0)
        return r;
    r = az_buf_check(&im->ballots, err);
    return r < 0 ? r : az_buf_check(&im->items, err);
}

/* ---- subjects ---- */

static struct az_hash content_of(const struct az_subject *s)
{
    struct az_item item = {.prompt = s->prompt,
                           .reference = s->reference,
                           .n_responses = s->n_responses,
                           .responses = (struct az_str *)s->responses};
    return az_item_content(&item);
}

static int name_item(struct az_import *im, const struct az_subject *s,
                     const struct az_hash *content, struct az_str joined, struct az_error *err)
{
    char hex[AZ_HASH_HEX + 1];
    struct az_str id = joined.n ? joined : s->id.n ? s->id : s->other_id;
    if (!id.n && !s->prompt.p && !s->n_responses)
        return az_fail(err, AZ_EINVAL, "neither an id nor texts");
    if (!id.n) {
        az_hash_hex(content, hex);
        id = az_str(hex);
    }
    if (id.n > AZ_ID_MAX)
        return az_fail(err, AZ_EINVAL, "an id of %zu bytes, %d are allowed", id.n, AZ_ID_MAX);
    im->item = az_arena_strndup(im->arena, id.p, id.n);
    return im->item ? 0 : az_oom(err);
}

static struct az_str mapped(struct az_import *im, struct az_str label)
{
    const struct az_import_options *o = im->options;
    for (size_t i = 0; label.p && i < o->n_map; i++) {
        if (!az_str_eq(label, o->map[i].from))
            continue;
        im->counts.map_used[i] = true;
        return o->map[i].to;
    }
    return label;
}

/* By its name of ours, for an item that may list the two the other way round. A map
 * whose names are neither A nor B names the other one. */
static struct az_str settled(struct az_import *im, struct az_str label)
{
    struct az_str name = mapped(im, label);
    if (!im->turned)
        return name;
    struct az_str turned = az_import_turn(name);
    return az_str_eq(turned, name) ? mapped(im, az_import_turn(label)) : turned;
}

static void print_texts(struct az_jw *w, const char *key, const struct az_str *v, size_t n,
                        bool turned)
{
    az_jw_key(w, key);
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_str(w, v[turned ? n - 1 - i : i]);
    az_jw_arr_end(w);
}

static void print_item(struct az_import *im, const struct az_subject *s)
{
    struct az_jw w = az_jw(&im->items);
    az_jw_obj(&w);
    az_jw_kz(&w, "id", im->item);
    if (s->prompt.p)
        az_jw_kstr(&w, "prompt", s->prompt);
    if (s->n_responses == 1)
        az_jw_kstr(&w, "response", s->responses[0]);
    else
        print_texts(&w, "responses", s->responses, s->n_responses, im->turned);
    if (s->n_systems && s->n_systems == s->n_responses)
        print_texts(&w, "systems", s->systems, s->n_systems, im->turned);
    if (s->reference.p)
        az_jw_kstr(&w, "reference", s->reference);
    if (s->gold.p)
        az_jw_kstr(&w, "gold", settled(im, s->gold));
    if (s->cluster.p)
        az_jw_kstr(&w, "cluster", s->cluster);
    az_jw_obj_end(&w);
    az_buf_char(&im->items, '\n');
}

static void count_match(struct az_import_counts *c, const struct az_join_answer *a)
{
    c->items++;
    c->by_id += a->by == AZ_JOIN_ID;
    c->by_content += a->by == AZ_JOIN_CONTENT;
    c->unmatched += a->by == AZ_JOIN_NONE;
    c->other_content += a->other_content;
    c->turned += a->turned;
}

int az_import_about(struct az_import *im, const struct az_subject *s, struct az_error *err)
{
    struct az_hash content = content_of(s);
    struct az_join_answer a = {0};
    struct az_join_query q = {s->id,        s->other_id,  s->prompt, s->n_responses,
                              s->responses, s->n_systems, s->systems};
    if (im->join)
        a = az_join_find(im->join, &q);
    int r = name_item(im, s, &content, a.id, err);
    if (r < 0)
        return r;
    im->turned = a.turned;
    im->n_responses = AZ_MAX(s->n_responses, s->n_systems);
    r = az_seen_ids_add(&im->seen, az_str(im->item), &content);
    if (r < 0)
        return az_oom(err);
    im->counts.conflicts += r == AZ_SEEN_OTHER;
    if (r != AZ_SEEN_NEW)
        return 0;
    count_match(&im->counts, &a);
    if (im->want_items && s->n_responses)
        print_item(im, s);
    return 0;
}

/* ---- votes ---- */

struct az_str az_import_turn(struct az_str label)
{
    if (az_str_eqz(label, "A"))
        return AZ_STR("B");
    return az_str_eqz(label, "B") ? AZ_STR("A") : label;
}

static enum az_order turned_order(enum az_order order)
{
    if (order == AZ_ORDER_NONE)
        return order;
    return order == AZ_ORDER_LISTED ? AZ_ORDER_REVERSED : AZ_ORDER_LISTED;
}

/* Of `n` responses; {NULL}: the label is none of their letters. */
static struct az_str backwards(struct az_str label, size_t n)
{
    static const char letters[AZ_RESPONSES_MAX + 1] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t at = label.n == 1 && label.p[0] >= 'A' ? (size_t)(label.p[0] - 'A') : n;
    return at < n ? (struct az_str){&letters[n - 1 - at], 1} : (struct az_str){0};
}

/* A label as it was shown, by its name of ours, into the subject's frame. What can't
 * be turned is no answer, in either order: else how often a judge has one would
 * depend on the order. */
static void unshow(struct az_import *im, struct az_vote *v)
{
    if (v->error != AZ_BE_NONE || !v->label.n || az_str_eqz(v->label, "tie"))
        return;
    bool known = v->order != AZ_ORDER_NONE;
    struct az_str turned = known ? backwards(v->label, im->n_responses) : (struct az_str){0};
    if (turned.n) {
        v->label = v->order == AZ_ORDER_REVERSED ? turned : v->label;
        return;
    }
    v->error = known ? AZ_BE_OUTSIDE : AZ_BE_PARSE;
    v->error_text = known ? AZ_STR("the label shown is neither a response's letter nor tie")
                          : AZ_STR("the label is as shown, and the order is not known");
    v->label = (struct az_str){0};
    im->counts.unturned++;
}

/* Is the label, by its name of ours, one that is looked for? As shown, and of items
 * that are pairs, a letter or tie; else what --map names, where there is a map. */
static bool is_wanted(const struct az_import *im, const struct az_vote *v)
{
    const struct az_import_options *o = im->options;
    bool pairs = im->join && az_join_pairs(im->join);
    if (az_str_eqz(v->label, "tie"))
        return true;
    if (v->shown || pairs)
        return backwards(v->label, AZ_MAX(im->n_responses, (size_t)2)).n > 0;
    for (size_t i = 0; i < o->n_map; i++) {
        if (az_str_eq(v->label, o->map[i].to))
            return true;
    }
    return o->n_map == 0;
}

/* A name is cut between two characters. */
static void note_odd(struct az_import_odd *odd, struct az_str label)
{
    size_t n = AZ_MIN(label.n, (size_t)AZ_IMPORT_ODD_NAME - 1);
    while (n && n < label.n && ((unsigned char)label.p[n] & 0xc0) == 0x80)
        n--;
    label.n = n;
    odd->answers++;
    for (size_t i = 0; i < odd->n; i++) {
        if (az_str_eqz(label, odd->names[i]))
            return;
    }
    odd->more |= odd->n == AZ_IMPORT_ODD;
    if (odd->n < AZ_IMPORT_ODD)
        snprintf(odd->names[odd->n++], AZ_IMPORT_ODD_NAME, AZ_STR_FMT, AZ_STR_ARG(label));
}

/* Into the item's frame and the names that are wanted. */
static struct az_vote settle(struct az_import *im, const struct az_vote *from)
{
    struct az_vote v = *from;
    if (!v.judge.n)
        v.judge = az_str(im->options->judge);
    v.label = mapped(im, v.label);
    if (v.error == AZ_BE_NONE && v.label.n && !is_wanted(im, &v))
        note_odd(&im->counts.odd, v.label);
    if (v.shown)
        unshow(im, &v);
    if (im->turned) {
        v.label = v.shown ? az_import_turn(v.label) : settled(im, from->label);
        v.order = turned_order(v.order);
        v.score = v.difference ? 0 - v.score : v.score;
    }
    for (size_t i = 0; i < v.n_probs; i++)
        v.prob_labels[i] = settled(im, v.prob_labels[i]);
    if (v.error == AZ_BE_NONE && !v.label.n && !v.has_score) {
        v.error = AZ_BE_PARSE;
        if (!v.error_text.p)
            v.error_text = AZ_STR("no readable answer is recorded");
    }
    return v;
}

/* Counts a judge's answers that the source does not number, and those that have
 * one number twice. */
static int set_sample(struct az_import *im, struct az_vote *v, struct az_error *err)
{
    uint64_t key = az_hash64(az_hash64(0, az_str(im->item)), v->judge);
    key = az_hash64_mix(key, (uint64_t)(uint32_t)v->round << 8 ^ (uint8_t)v->order);
    if (v->sample >= 0)
        key = az_hash64_mix(key, (uint64_t)v->sample + 1);
    int64_t n = az_repeats_add(&im->samples, key);
    if (n < 0)
        return az_oom(err);
    if (v->sample >= 0)
        im->counts.doubles += n > 0;
    else
        v->sample = (int)AZ_MIN(n, (int64_t)INT32_MAX);
    return 0;
}

/* The ballot's labels as a question's: those with probabilities, then its own. */
static int name_labels(struct az_import *im, const struct az_vote *v, struct az_question *q,
                       int *label)
{
    const char **names = az_arena_zalloc(im->arena, (v->n_probs + 1) * sizeof(*names));
    if (!names)
        return AZ_ENOMEM;
    *label = AZ_LABEL_NONE;
    for (size_t i = 0; i <= v->n_probs; i++) {
        struct az_str name = i < v->n_probs ? v->prob_labels[i] : v->label;
        if (i < v->n_probs && *label == AZ_LABEL_NONE && az_str_eq(name, v->label))
            *label = (int)i;
        if (i == v->n_probs && (!v->label.n || *label != AZ_LABEL_NONE))
            break;
        names[i] = az_arena_strndup(im->arena, name.p ? name.p : "", name.n);
        if (!names[i])
            return AZ_ENOMEM;
        q->n_labels = i + 1;
        if (i == v->n_probs)
            *label = (int)i;
    }
    q->labels = names;
    return 0;
}

static void fill_ballot(const struct az_vote *v, struct az_ballot *b)
{
    b->key =
        (struct az_key){.round = v->round, .criterion = -1, .order = v->order, .sample = v->sample};
    b->error = v->error;
    b->error_text = v->error_text;
    b->has_score = v->has_score;
    b->score = v->score;
    b->how = AZ_STR("imported");
    b->rationale = v->rationale;
    b->model = v->model;
    b->tokens_in = v->tokens_in;
    b->tokens_out = v->tokens_out;
    b->ms = v->ms;
    b->attempts = 1;
    b->cost_known = v->has_usd && az_number_nusd(v->usd, &b->cost);
}

/* What a ballot that was asked for does not say: its panel does. */
static void print_kind(struct az_buf *b, struct az_str kind)
{
    if (!kind.n || b->failed)
        return;
    b->n--; /* the closing brace */
    struct az_jw w = {.b = b, .comma = true};
    az_jw_kstr(&w, "kind", kind);
    az_jw_obj_end(&w);
}

/* As the ballot of a panel with this one judge. */
static int print_vote(struct az_import *im, const struct az_vote *v, struct az_error *err)
{
    struct az_ballot ballot = {.n_probs = v->n_probs, .probs = v->probs};
    struct az_judge judge = {.name = az_arena_strndup(im->arena, v->judge.p, v->judge.n)};
    struct az_panel panel = {.question = {.kind = AZ_CHOICE}, .n_judges = 1, .judges = &judge};
    struct az_item item = {.n_responses = AZ_MAX(im->n_responses, (size_t)2)};
    fill_ballot(v, &ballot);
    if (!judge.name || name_labels(im, v, &panel.question, &ballot.label) < 0)
        return az_oom(err);
    az_ballot_print(&im->ballots, &panel, &item, &ballot, az_str(im->item));
    print_kind(&im->ballots, v->kind);
    az_buf_char(&im->ballots, '\n');
    im->counts.ballots++;
    im->counts.errors += v->error != AZ_BE_NONE;
    return az_buf_check(&im->ballots, err);
}

int az_import_vote(struct az_import *im, const struct az_vote *from, struct az_error *err)
{
    struct az_vote v = settle(im, from);
    if (!v.judge.n) {
        az_fail(err, AZ_EINVAL, "no judge is named (--judge NAME would)");
        az_hint(err, "Name the judge: --judge NAME.");
        return AZ_EINVAL;
    }
    if (v.judge.n > AZ_ID_MAX)
        return az_fail(err, AZ_EINVAL, "a judge's name of %zu bytes, %d are allowed", v.judge.n,
                       AZ_ID_MAX);
    int r = set_sample(im, &v, err);
    return r < 0 ? r : print_vote(im, &v, err);
}
