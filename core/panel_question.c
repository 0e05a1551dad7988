/* core/panel_question.c: the question: labels, scale, levels, what passes. */
#include <math.h>

#include "core/number.h"
#include "core/panel_parts.h"

static const char *pair_labels[] = {"A", "B", "tie"};

int az_panel_name(const struct az_yaml *at, struct az_str name, const char *what,
                  struct az_error *err)
{
    if (!name.n)
        return az_yaml_fail(err, at, "%s is empty", what);
    if (name.n > AZ_NAME_BYTES)
        return az_yaml_fail(err, at, "%s is longer than %d bytes", what, (int)AZ_NAME_BYTES);
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
            return az_yaml_fail(err, at, "%s has a control character in it", what);
    }
    if (az_str_trim(name).n != name.n)
        return az_yaml_fail(err, at, "%s begins or ends in white space", what);
    return 0;
}

/* A key that belongs to another kind of question. */
static int refuse(const struct az_panel_draft *d, const char *key, const char *kind,
                  struct az_error *err)
{
    const struct az_yaml *y = az_yaml_get(az_yaml_get(d->root, "question"), key);
    const char *ours = az_kind_words[d->question.kind];
    if (!y || y->type == AZ_Y_NULL)
        return 0;
    az_yaml_fail_key(err, y, "'%s' is for a %s question, and this one is a %s question", key, kind,
                     ours);
    az_hint(err, "Leave it out, or write kind: %s.", kind);
    return AZ_EINVAL;
}

static int check_kind_keys(const struct az_panel_draft *d, struct az_error *err)
{
    static const struct {
        const char *key;
        enum az_kind kind;
    } owners[] = {{"labels", AZ_CHOICE},
                  {"scale", AZ_SCORE},
                  {"step", AZ_SCORE},
                  {"levels", AZ_SCORE},
                  {"ties", AZ_PAIR}};
    for (size_t i = 0; i < AZ_LEN(owners); i++) {
        if (owners[i].kind == d->question.kind)
            continue;
        int r = refuse(d, owners[i].key, az_kind_words[owners[i].kind], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static const struct az_yaml *question_node(const struct az_panel_draft *d)
{
    return az_yaml_get(d->root, "question");
}

/* A label from a list's element, or from a map's key with its meaning. */
static int add_label(struct az_question *q, const struct az_yaml *c, bool map, struct az_error *err)
{
    if (!az_yaml_is_scalar(c) || (c->type == AZ_Y_NULL && !map)) {
        az_yaml_fail(err, c, "a label must be text, not %s", az_ytype_name(c->type));
        az_hint(err, "Quote a label that is called null.");
        return AZ_EINVAL;
    }
    struct az_str name = map ? c->key : c->text;
    int r = az_panel_name(c, name, "a label", err);
    if (r < 0)
        return r;
    if (az_label_find(q, q->n_labels, name) != AZ_LABEL_NONE)
        return az_yaml_fail(err, c, "label '%s' is there twice", name.p);
    if (map && c->type != AZ_Y_NULL)
        q->meanings[q->n_labels] = c->text.p;
    q->labels[q->n_labels++] = name.p;
    return 0;
}

static int choice(struct az_panel_draft *d, struct az_question *q, struct az_error *err)
{
    const struct az_yaml *labels = d->question.labels;
    if (!labels) {
        az_yaml_fail(err, question_node(d), "a choice needs 'labels'");
        az_hint(err, "Write question: {kind: choice, labels: [a, b]}.");
        return AZ_EINVAL;
    }
    bool map = labels->type == AZ_Y_MAP;
    if (!map && labels->type != AZ_Y_LIST)
        return az_yaml_fail(err, labels, "'labels' must be a list or a map, not %s",
                            az_ytype_name(labels->type));
    if (labels->n < 2 || labels->n > AZ_LABELS_MAX) {
        az_yaml_fail(err, labels, "%zu label%s", labels->n, labels->n == 1 ? "" : "s");
        az_hint(err, "A choice has 2 to %d labels.", (int)AZ_LABELS_MAX);
        return AZ_EINVAL;
    }
    q->labels = az_arena_zalloc(d->panel->arena, labels->n * sizeof(*q->labels));
    q->meanings = az_arena_zalloc(d->panel->arena, labels->n * sizeof(*q->meanings));
    if (!q->labels || !q->meanings)
        return az_oom(err);
    int r = 0;
    for (const struct az_yaml *c = labels->first; r == 0 && c; c = c->next)
        r = add_label(q, c, map, err);
    if (!map)
        q->meanings = NULL;
    return r;
}

/* Is v an answer: within the scale, and whole steps from its lowest? */
static bool on_scale(const struct az_question *q, double v)
{
    if (v < q->scale_min || v > q->scale_max)
        return false;
    double steps = q->step ? (v - q->scale_min) / q->step : 0;
    return fabs(steps - round(steps)) < 1e-6;
}

static int add_level(struct az_question *q, const struct az_yaml *c, struct az_error *err)
{
    struct az_yaml key = *c;
    double at;
    key.text = c->key;
    key.type = az_yaml_plain_type(c->key);
    if (!az_yaml_num(&key, &at) || !on_scale(q, at)) {
        az_yaml_fail_key(err, c, "level '%.40s' is no answer on the scale", c->key.p);
        az_hint(err, "A level's key is a number on the scale, on a step if there is one.");
        return AZ_EINVAL;
    }
    if (!az_yaml_is_scalar(c) || c->type == AZ_Y_NULL)
        return az_yaml_fail(err, c, "level %.40s must be text, not %s", c->key.p,
                            az_ytype_name(c->type));
    size_t i = q->n_levels;
    for (; i && q->levels[i - 1].at >= at; i--) {
        if (q->levels[i - 1].at == at)
            return az_yaml_fail_key(err, c, "level %.40s is there twice", c->key.p);
        q->levels[i] = q->levels[i - 1];
    }
    q->levels[i] = (struct az_level){at, c->text.p};
    q->n_levels++;
    return 0;
}

static int levels(struct az_panel_draft *d, struct az_question *q, struct az_error *err)
{
    const struct az_yaml *y = d->question.levels;
    if (!y)
        return 0;
    if (y->type != AZ_Y_MAP || !y->n) {
        az_yaml_fail(err, y, "'levels' must be a map from numbers to texts");
        az_hint(err, "Write levels: {1: poor, 5: excellent}.");
        return AZ_EINVAL;
    }
    q->levels = az_arena_zalloc(d->panel->arena, y->n * sizeof(*q->levels));
    if (!q->levels)
        return az_oom(err);
    int r = 0;
    for (const struct az_yaml *c = y->first; r == 0 && c; c = c->next)
        r = add_level(q, c, err);
    return r;
}

static int score(struct az_panel_draft *d, struct az_question *q, struct az_error *err)
{
    const struct az_yaml *scale = d->question.scale;
    if (!scale || scale->type != AZ_Y_LIST || scale->n != 2 ||
        !az_yaml_num(scale->first, &q->scale_min) || !az_yaml_num(scale->last, &q->scale_max)) {
        if (scale)
            az_yaml_fail(err, scale, "'scale' must be two numbers");
        else
            az_yaml_fail(err, question_node(d), "a score needs 'scale'");
        az_hint(err, "Write scale: [1, 5], the lowest and the highest.");
        return AZ_EINVAL;
    }
    if (!(q->scale_min < q->scale_max)) {
        az_yaml_fail(err, scale, "'scale' must go from a lower to a higher number");
        az_hint(err, "Write scale: [%s, %s].", scale->last->text.p, scale->first->text.p);
        return AZ_EINVAL;
    }
    q->step = d->question.has_step ? d->question.step : 0;
    if (!on_scale(q, q->scale_max)) {
        az_yaml_fail(err, az_yaml_get(question_node(d), "step"),
                     "'step' does not lead from one end of the scale to the other");
        az_hint(err, "The scale's length must be a whole number of steps.");
        return AZ_EINVAL;
    }
    return levels(d, q, err);
}

static int pass_label(struct az_question *q, const struct az_yaml *y, struct az_error *err)
{
    size_t n = q->kind == AZ_BEST ? AZ_RESPONSES_MAX : q->n_labels;
    char shown[AZ_YAML_SHOWN];
    int label = az_yaml_is_scalar(y) ? az_label_find(q, n, y->text) : AZ_LABEL_NONE;
    if (label == AZ_LABEL_NONE) {
        const char *names[AZ_LABELS_MAX + 1] = {NULL};
        for (size_t i = 0; i < n; i++)
            names[i] = az_label_name(q, (int)i);
        az_yaml_fail(err, y, "'pass' names no label of the question: '%s'",
                     az_yaml_shown(y, shown));
        az_keys_hint(err, y->text, names);
        return AZ_EINVAL;
    }
    q->pass_labels |= UINT64_C(1) << label;
    return 0;
}

static int pass_score(struct az_question *q, const struct az_yaml *y, struct az_error *err)
{
    static const struct {
        const char *text;
        enum az_pass_op op;
    } ops[] = {{">=", AZ_PASS_GE}, {"<=", AZ_PASS_LE}, {">", AZ_PASS_GT}, {"<", AZ_PASS_LT}};
    struct az_str text = az_yaml_is_scalar(y) ? az_str_trim(y->text) : (struct az_str){"", 0};
    for (size_t i = 0; i < AZ_LEN(ops); i++) {
        size_t n = strlen(ops[i].text);
        if (!az_str_starts(text, ops[i].text))
            continue;
        if (!az_str_double(az_str_trim((struct az_str){text.p + n, text.n - n}), &q->pass_at))
            break;
        if (q->pass_at < q->scale_min || q->pass_at > q->scale_max)
            return az_yaml_fail(err, y, "'pass' lies outside the scale");
        q->pass = ops[i].op;
        return 0;
    }
    az_yaml_fail(err, y, "'pass' of a score must be a bound");
    az_hint(err, "Write pass: \">= 4\" (or >, <=, <), in quotes.");
    return AZ_EINVAL;
}

static int pass(struct az_panel_draft *d, struct az_question *q, struct az_error *err)
{
    const struct az_yaml *y = d->question.pass;
    if (!y)
        return 0;
    if (q->kind == AZ_SCORE)
        return pass_score(q, y, err);

    int r = 0;
    q->pass = AZ_PASS_LABELS;
    if (y->type == AZ_Y_LIST) {
        for (const struct az_yaml *c = y->first; r == 0 && c; c = c->next)
            r = pass_label(q, c, err);
    } else {
        r = pass_label(q, y, err);
    }
    if (r == 0 && !q->pass_labels)
        return az_yaml_fail(err, y, "'pass' is empty: nothing would ever pass");
    return r;
}

int az_panel_question(struct az_panel_draft *d, struct az_error *err)
{
    struct az_question *q = &d->panel->question;
    *q = (struct az_question){.kind = d->question.kind, .ask = d->question.ask};
    int r = check_kind_keys(d, err);
    if (r < 0)
        return r;
    if (q->ask && !az_str_trim(az_str(q->ask)).n)
        return az_yaml_fail(err, az_yaml_get(question_node(d), "ask"), "'ask' is empty");
    if (q->kind == AZ_CHOICE)
        r = choice(d, q, err);
    else if (q->kind == AZ_SCORE)
        r = score(d, q, err);
    if (r < 0)
        return r;
    if (q->kind == AZ_PAIR) {
        q->ties = d->question.ties;
        q->labels = pair_labels;
        q->n_labels = q->ties ? 3 : 2;
    }
    return pass(d, q, err);
}
