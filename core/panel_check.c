/* core/panel_check.c: what must fit together: a judge with its backend, its way
 * of answering with the question, templates with the fields they name. */
#include <math.h>

#include "core/lexical_names.h"
#include "core/panel_parts.h"
#include "core/prompt.h"

/* ---- answers ---- */

static bool is_whole(double v)
{
    return v == floor(v) && fabs(v) < 1e15;
}

static int fail_answer(const struct az_yaml *map, const struct az_judge *j, const char *what,
                       const char *hint, struct az_error *err)
{
    const struct az_yaml *at = az_yaml_get(map, "answer");
    az_yaml_fail(err, at ? at : map, "answer '%s' %s", az_answer_words[j->answer], what);
    az_hint(err, "%s", hint);
    return AZ_EINVAL;
}

/* One digit is one token in every vocabulary; more may be two. */
static bool is_digits(const struct az_question *q)
{
    return q->step > 0 && is_whole(q->step) && is_whole(q->scale_min) && q->scale_min >= 0 &&
           q->scale_max <= 9;
}

static int check_letters(const struct az_question *q, const struct az_yaml *map,
                         const struct az_judge *j, struct az_error *err)
{
    if (q->kind == AZ_SCORE && j->answer == AZ_ANSWER_LOGPROBS && !is_digits(q))
        return fail_answer(map, j, "needs a score of whole steps from 0 to 9",
                           "Add step: 1 to the question, or use answer: json.", err);
    bool whole = is_whole(q->scale_min) && is_whole(q->scale_max) && is_whole(q->step);
    if (q->kind == AZ_SCORE && !whole)
        return fail_answer(map, j, "needs a scale of whole numbers", "Use answer: json.", err);
    if (q->kind == AZ_CHOICE && q->n_labels > AZ_RESPONSES_MAX)
        return fail_answer(map, j, "has letters for 26 labels only", "Use answer: json.", err);
    return 0;
}

static int check_answer(const struct az_question *q, const struct az_yaml *map,
                        const struct az_judge *j, struct az_error *err)
{
    switch (j->answer) {
    case AZ_ANSWER_LETTER:
    case AZ_ANSWER_LOGPROBS:
        return check_letters(q, map, j, err);
    case AZ_ANSWER_ARENA_HARD:
        return q->kind == AZ_PAIR ? 0
                                  : fail_answer(map, j, "is for a pair question",
                                                "Use answer: json or letter.", err);
    case AZ_ANSWER_MT_BENCH:
        return q->kind == AZ_PAIR || q->kind == AZ_SCORE
                   ? 0
                   : fail_answer(map, j, "is for a pair or score question",
                                 "Use answer: json or letter.", err);
    case AZ_ANSWER_JSON:
    case AZ_ANSWER_REGEX:
        break;
    }
    return 0;
}

/* ---- judges that read no prompt ---- */

static int refuse_keys(const struct az_yaml *map, const char *kind, const char *const *keys,
                       struct az_error *err)
{
    for (; *keys; keys++) {
        const struct az_yaml *y = az_yaml_get(map, *keys);
        if (!y || y->type == AZ_Y_NULL)
            continue;
        az_yaml_fail_key(err, y, "'%s' means nothing for a %s judge", *keys, kind);
        az_hint(err, "Leave it out: no model is asked.");
        return AZ_EINVAL;
    }
    return 0;
}

static int check_lexical(const struct az_question *q, const struct az_yaml *map,
                         const struct az_judge *j, struct az_error *err)
{
    if (az_lexical_find(az_str(j->model)) < 0) {
        const char *names[AZ_LEX_COUNT + 1] = {NULL};
        for (int i = 0; i < AZ_LEX_COUNT; i++)
            names[i] = az_lexical_names[i].name;
        az_yaml_fail(err, az_yaml_get(map, "model"), "unknown lexical model '%.60s'", j->model);
        az_keys_hint(err, az_str(j->model), names);
        return AZ_EINVAL;
    }
    if (j->samples != 1)
        return az_yaml_fail(err, az_yaml_get(map, "samples"),
                            "a lexical judge always says the same: it has one sample");
    if (j->orders == AZ_ORDERS_ONE || j->orders == AZ_ORDERS_BOTH) {
        az_yaml_fail(err, az_yaml_get(map, "orders"), "a lexical judge knows no order");
        az_hint(err, "Leave 'orders' out.");
        return AZ_EINVAL;
    }
    if (q->kind != AZ_CHOICE || j->map)
        return 0;
    az_yaml_fail(err, map, "lexical judge '%.60s' of a choice has no 'map'", j->name);
    az_hint(err, "Write map: {\">= 0.5\": %.40s, else: %.40s}.", q->labels[0], q->labels[1]);
    return AZ_EINVAL;
}

static int check_local(const struct az_panel *p, const struct az_yaml *map,
                       const struct az_judge *j, const char *kind, struct az_error *err)
{
    static const char *const keys[] = {
        "answer",       "regex",   "max_tokens", "temperature",   "seed", "extra",
        "usd_per_mtok", "persona", "template",   "template_file", NULL};
    int r = refuse_keys(map, kind, keys, err);
    if (r == 0 && strcmp(kind, "lexical") == 0)
        return check_lexical(&p->question, map, j, err);
    if (r == 0 && j->map)
        return az_yaml_fail_key(err, az_yaml_get(map, "map"), "'map' is for a lexical judge");
    return r;
}

static int check_remote(const struct az_panel *p, const struct az_yaml *map,
                        const struct az_judge *j, const char *kind, struct az_error *err)
{
    if (j->answer == AZ_ANSWER_LOGPROBS && strcmp(kind, "anthropic") == 0)
        return fail_answer(map, j, "needs log-probabilities, which Anthropic's API does not give",
                           "Use answer: letter.", err);
    if (j->map)
        return az_yaml_fail_key(err, az_yaml_get(map, "map"), "'map' is for a lexical judge");
    if (j->orders == AZ_ORDERS_NONE && p->question.kind != AZ_CHOICE &&
        p->question.kind != AZ_SCORE) {
        az_yaml_fail(err, az_yaml_get(map, "orders"),
                     "a judge that reads the responses sees an order");
        az_hint(err, "Write orders: both or orders: one.");
        return AZ_EINVAL;
    }
    return 0;
}

/* ---- templates ---- */

/* A template's mistake has a line of its own: that of the text, not the file. */
static int check_template(const struct az_panel *p, const struct az_yaml *map, const char *template,
                          struct az_error *err)
{
    struct az_error why = {0};
    const struct az_yaml *at = az_yaml_get(map, "template");
    if (!at)
        at = az_yaml_get(map, "template_file");
    int r = template ? az_template_check(&p->question, template, &why) : 0;
    if (r == 0)
        return 0;
    if (r == AZ_ENOMEM)
        return az_oom(err);
    az_yaml_fail_key(err, at ? at : map, "template: %.250s", why.what);
    az_hint(err, "%s", why.hint);
    return r;
}

static int check_judge(const struct az_panel_draft *d, size_t at, struct az_error *err)
{
    const struct az_panel *p = d->panel;
    const struct az_judge *j = &p->judges[at];
    const struct az_yaml *map = d->judge_nodes[at];
    const struct az_backend *b = j->backend_at < 0 ? NULL : &p->backends[j->backend_at];
    bool ordered = p->question.kind != AZ_CHOICE && p->question.kind != AZ_SCORE;
    if (!ordered && (j->orders == AZ_ORDERS_ONE || j->orders == AZ_ORDERS_BOTH)) {
        az_yaml_fail(err, az_yaml_get(map, "orders"),
                     "'orders' means nothing where one text is judged");
        az_hint(err, "Leave it out.");
        return AZ_EINVAL;
    }
    if (b && az_backend_is_local(b))
        return check_local(p, map, j, b->kind, err);
    int r = check_answer(&p->question, map, j, err);
    if (r == 0 && b && *b->kind) /* who knows what it takes: its workers */
        r = check_remote(p, map, j, b->kind, err);
    return r == 0 ? check_template(p, map, j->template, err) : r;
}

int az_panel_check(struct az_panel_draft *d, struct az_error *err)
{
    int r = check_template(d->panel, d->root, d->panel->template, err);
    for (size_t i = 0; r == 0 && i < d->panel->n_judges; i++)
        r = check_judge(d, i, err);
    return r;
}
