#include "core/verdict.h"

#include "core/json.h"
#include "core/mem.h"
#include "core/number.h"

/* ---- plan order ---- */

uint64_t az_plan_seed(const struct az_item *item)
{
    return az_hash64(0, item->id);
}

uint64_t az_plan_place(uint64_t seed, const char *judge)
{
    return az_hash64(seed, az_str(judge));
}

static int cmp(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

struct placed {
    struct az_key key;
    uint64_t place;
    const char *judge;
    const struct az_ballot *ballot;
};

static struct placed placed(const struct az_panel *panel, const struct az_item *item,
                            const struct az_key *key, const struct az_ballot *ballot)
{
    const char *judge = panel->judges[key->judge].name;
    return (struct placed){*key, az_plan_place(az_plan_seed(item), judge), judge, ballot};
}

/* Two names with one hash stand in the order of their bytes. */
static int placed_cmp(const void *pa, const void *pb)
{
    const struct placed *a = pa, *b = pb;
    int c = cmp(a->key.round, b->key.round);
    if (!c)
        c = (a->place > b->place) - (a->place < b->place);
    if (!c && a->key.judge != b->key.judge)
        c = strcmp(a->judge, b->judge);
    if (!c)
        c = cmp(a->key.criterion, b->key.criterion);
    if (!c)
        c = cmp(a->key.order, b->key.order);
    return c ? c : cmp(a->key.sample, b->key.sample);
}

int az_plan_cmp(const struct az_panel *panel, const struct az_item *item, const struct az_key *a,
                const struct az_key *b)
{
    struct placed pa = placed(panel, item, a, NULL), pb = placed(panel, item, b, NULL);
    return placed_cmp(&pa, &pb);
}

/* ---- a ballot ---- */

void az_probs_print(struct az_jw *w, const struct az_question *q, const double *probs, size_t n)
{
    az_jw_key(w, "probs");
    if (!n) {
        az_jw_null(w);
        return;
    }
    az_jw_obj(w);
    for (size_t i = 0; i < n; i++) {
        char step[AZ_NUMBER_MAX];
        const char *key = q->kind == AZ_SCORE
                              ? az_number_print(q->scale_min + (double)i * q->step, step)
                              : az_label_name(q, (int)i);
        az_jw_knum(w, key, probs[i]);
    }
    az_jw_obj_end(w);
}

static void print_label(struct az_jw *w, const struct az_question *q, int label)
{
    az_jw_kz(w, "label", label == AZ_LABEL_NONE ? NULL : az_label_name(q, label));
}

static void print_score(struct az_jw *w, bool has_score, double score)
{
    if (has_score)
        az_jw_knum(w, "score", score);
    else
        az_jw_knull(w, "score");
}

static void print_error(struct az_jw *w, enum az_ballot_error error, struct az_str text)
{
    az_jw_key(w, "error");
    az_jw_obj(w);
    az_jw_kz(w, "kind", az_ballot_error_name(error));
    az_jw_kstr(w, "text", text);
    az_jw_obj_end(w);
}

static void print_key(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                      const struct az_key *key)
{
    char order[AZ_RESPONSES_MAX + 1];
    az_order_name(key->order, item->n_responses, order);

    az_jw_kz(w, "judge", panel->judges[key->judge].name);
    az_jw_kint(w, "round", key->round);
    if (key->criterion < 0)
        az_jw_knull(w, "criterion");
    else
        az_jw_kint(w, "criterion", key->criterion);
    az_jw_kz(w, "order", *order ? order : NULL);
    az_jw_kint(w, "sample", key->sample);
}

/* What it took, for errors too: they are paid for. An unknown price is null. */
static void print_effort(struct az_jw *w, const struct az_ballot *b)
{
    char hex[AZ_HASH_HEX + 1];
    if (b->has_request)
        az_hash_hex(&b->request, hex);

    az_jw_kstr(w, "model", b->model);
    if (b->params.n) {
        az_jw_key(w, "params");
        az_jw_raw(w, b->params);
    }
    az_jw_kz(w, "request", b->has_request ? hex : NULL);
    az_jw_kint(w, "tokens_in", b->tokens_in);
    az_jw_kint(w, "tokens_out", b->tokens_out);
    if (b->tokens_cached)
        az_jw_kint(w, "tokens_cached", b->tokens_cached);
    if (b->tokens_reasoning)
        az_jw_kint(w, "tokens_reasoning", b->tokens_reasoning);
    az_jw_key(w, "usd");
    if (b->cost_known)
        az_jw_usd(w, b->cost);
    else
        az_jw_null(w);
    az_jw_kint(w, "ms", b->ms);
    az_jw_kint(w, "attempts", b->attempts);
    az_jw_kbool(w, "cached", b->cached);
    az_jw_kbool(w, "used", b->used);
}

static void print_ballot(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                         const struct az_ballot *b, struct az_str item_id)
{
    const struct az_question *q = &panel->question;
    az_jw_obj(w);
    if (item_id.p)
        az_jw_kstr(w, "item", item_id);
    print_key(w, panel, item, &b->key);
    if (b->error) {
        az_jw_knull(w, "label");
        print_error(w, b->error, b->error_text);
    } else {
        print_label(w, q, b->label);
        print_score(w, b->has_score, b->score);
        az_probs_print(w, q, b->probs, b->n_probs);
        az_jw_kstr(w, "how", b->how);
        az_jw_kstr(w, "rationale", b->rationale);
    }
    print_effort(w, b);
    az_jw_obj_end(w);
}

void az_ballot_print(struct az_buf *b, const struct az_panel *panel, const struct az_item *item,
                     const struct az_ballot *ballot, struct az_str item_id)
{
    struct az_jw w = az_jw(b);
    print_ballot(&w, panel, item, ballot, item_id);
}

/* ---- a verdict ---- */

static void print_ballots(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                          struct az_ballots ballots)
{
    az_jw_key(w, "ballots");
    az_jw_arr(w);
    AZ_AUTO_MEM struct placed *sorted = az_alloc(AZ_MAX(ballots.n, (size_t)1) * sizeof(*sorted));
    if (!sorted) {
        w->b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < ballots.n; i++)
        sorted[i] = placed(panel, item, &ballots.v[i].key, &ballots.v[i]);
    qsort(sorted, ballots.n, sizeof(*sorted), placed_cmp);
    for (size_t i = 0; i < ballots.n; i++)
        print_ballot(w, panel, item, sorted[i].ballot, (struct az_str){0});
    az_jw_arr_end(w);
}

static void print_dissent(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                          const struct az_verdict *v)
{
    struct placed those[AZ_JUDGES_MAX];
    size_t n = 0;
    for (int j = 0; j < (int)panel->n_judges; j++) {
        struct az_key key = {.judge = j};
        if (v->dissent[j / 64] >> (j % 64) & 1)
            those[n++] = placed(panel, item, &key, NULL);
    }
    qsort(those, n, sizeof(*those), placed_cmp);

    az_jw_key(w, "dissent");
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_z(w, those[i].judge);
    az_jw_arr_end(w);
}

static void print_seats(struct az_jw *w, const struct az_seats *s)
{
    az_jw_key(w, "seats");
    az_jw_obj(w);
    az_jw_kint(w, "n", s->n);
    az_jw_kint(w, "asked", s->asked);
    az_jw_kint(w, "voted", s->voted);
    az_jw_kint(w, "errors", s->errors);
    az_jw_kint(w, "partial", s->partial);
    az_jw_obj_end(w);
}

/* The system behind the label; nobody wins by a tie or where none are named. */
static struct az_str winner(const struct az_question *q, const struct az_item *item, int label)
{
    bool names = q->kind == AZ_PAIR || q->kind == AZ_BEST;
    if (!names || !item->systems || label < 0 || (size_t)label >= item->n_responses)
        return (struct az_str){0};
    return item->systems[label];
}

static void print_number(struct az_jw *w, const char *key, bool has, double v)
{
    if (has)
        az_jw_knum(w, key, v);
    else
        az_jw_knull(w, key);
}

/* The answers of which one is true but for a share that was promised. */
static void print_set(struct az_jw *w, const struct az_question *q, uint64_t set)
{
    if (!set)
        return;
    az_jw_key(w, "set");
    az_jw_arr(w);
    for (int i = 0; i < AZ_LABELS_MAX; i++) {
        if (!(set >> i & 1))
            continue;
        if (q->kind == AZ_SCORE)
            az_jw_num(w, q->scale_min + i * q->step);
        else
            az_jw_z(w, az_label_name(q, i));
    }
    az_jw_arr_end(w);
}

static void print_outcome(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                          const struct az_verdict *v)
{
    const struct az_question *q = &panel->question;
    az_jw_kz(w, "status", az_status_name(v->status));
    print_label(w, q, v->label);
    az_jw_kstr(w, "winner", winner(q, item, v->label));
    print_score(w, v->has_score, v->score);
    print_number(w, "share", v->has_share, v->share);
    print_number(w, "p", v->has_p, v->p);
    az_probs_print(w, q, v->probs, v->n_probs);
    print_set(w, q, v->set);
    az_jw_kz(w, "how", v->how);
    if (*v->reason)
        az_jw_kz(w, "reason", v->reason);
    if (v->no_p) {
        az_jw_key(w, "reasons");
        az_jw_obj(w);
        az_jw_kz(w, "p", v->no_p);
        az_jw_obj_end(w);
    }
    if (v->status == AZ_FAILED)
        print_error(w, v->error, az_str(v->reason));
}

/* A call without a price makes the sum a figure that nobody knows. */
static bool cost_known(struct az_ballots ballots)
{
    for (size_t i = 0; i < ballots.n; i++) {
        if (ballots.v[i].used && ballots.v[i].attempts && !ballots.v[i].cost_known)
            return false;
    }
    return true;
}

void az_verdict_print(struct az_buf *b, const struct az_panel *panel, const struct az_item *item,
                      const struct az_verdict *v, struct az_ballots ballots, bool brief)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kstr(&w, "id", item->id);
    az_jw_kint(&w, "line", item->line);
    print_outcome(&w, panel, item, v);
    print_dissent(&w, panel, item, v);
    az_jw_key(&w, "criteria");
    az_jw_obj(&w);
    az_jw_obj_end(&w);
    print_seats(&w, &v->seats);
    az_jw_kint(&w, "rounds", v->rounds);
    az_jw_key(&w, "usd");
    if (cost_known(ballots))
        az_jw_usd(&w, v->cost);
    else
        az_jw_null(&w);
    if (!brief)
        print_ballots(&w, panel, item, ballots);
    az_jw_obj_end(&w);
}
