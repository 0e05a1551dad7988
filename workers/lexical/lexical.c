#include "workers/lexical/lexical.h"

#include <math.h>
#include <stdarg.h>

#include "core/buf.h"
#include "core/number.h"
#include "workers/lexical/document.h"
#include "workers/lexical/normal.h"
#include "workers/lexical/overlap.h"

#define CHRF_BETA 2.0
#define SAME 1e-12 /* values this near are equal */

static int length_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    ret->value = (double)az_utf8_count(text);
    return 0;
}

static int words_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    bool inside = false;
    ret->value = 0;
    for (const char *p = text.p, *end = p + text.n; p < end;) {
        bool space = az_is_space(az_utf8_next(&p));
        ret->value += !space && !inside;
        inside = !space;
    }
    return 0;
}

static int contains_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    return az_contains(text, reference, &ret->value);
}

static int exact_match_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    return az_exact_match(text, reference, &ret->value);
}

static int token_f1_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    return az_token_f1(text, reference, &ret->value);
}

static int rouge_l_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    return az_rouge_l(text, reference, &ret->value);
}

static int chrf_of(struct az_str text, struct az_str reference, struct az_measured *ret)
{
    return az_chrf(text, reference, CHRF_BETA, &ret->value);
}

static int rules_of(az_rules_fn *rules, struct az_str text, struct az_measured *ret)
{
    struct az_document d;
    struct az_broken broken;
    int r = az_document_init(&d, text);
    if (r == 0)
        r = rules(&d, &broken);
    az_document_release(&d);
    if (r < 0)
        return r;
    ret->value = r;
    if (r == 0)
        snprintf(ret->why, sizeof(ret->why), "%s: %.4g, %s %g", broken.rule, broken.measured,
                 broken.under ? "at least" : "at most", broken.bound);
    return 0;
}

#define RULES(name)                                                                            \
    static int name##_of(struct az_str text, struct az_str reference, struct az_measured *ret) \
    {                                                                                          \
        return rules_of(az_##name, text, ret);                                                 \
    }
RULES(gopher_quality)
RULES(gopher_repetition)
RULES(c4)
RULES(fineweb)
RULES(document_rules)

const struct az_measure az_measures[] = {
    {"length", "characters", AZ_REFERENCE_NONE, true, length_of},
    {"words", "words, parted by white space", AZ_REFERENCE_NONE, true, words_of},
    {"contains", "1 when the reference occurs in the text", AZ_REFERENCE_TEXT, false, contains_of},
    {"exact_match", "1 when it is the reference, by SQuAD's rules", AZ_REFERENCE, false,
     exact_match_of},
    {"token_f1", "F1 of shared words, by SQuAD's rules", AZ_REFERENCE, false, token_f1_of},
    {"rouge_l", "F1 of the longest common subsequence of words", AZ_REFERENCE, false, rouge_l_of},
    {"chrf", "F2 of shared character n-grams (chrF2)", AZ_REFERENCE, false, chrf_of},
    {"gopher_quality", "1 when it passes Gopher's quality rules", AZ_REFERENCE_NONE, false,
     gopher_quality_of},
    {"gopher_repetition", "1 when it passes Gopher's repetition rules", AZ_REFERENCE_NONE, false,
     gopher_repetition_of},
    {"c4", "1 when C4's rules keep it", AZ_REFERENCE_NONE, false, c4_of},
    {"fineweb", "1 when it passes FineWeb's own rules", AZ_REFERENCE_NONE, false, fineweb_of},
    {"document", "1 when it passes all of FineWeb's road", AZ_REFERENCE_NONE, false,
     document_rules_of},
    {0},
};

const struct az_measure *az_measure_find(const char *name)
{
    for (const struct az_measure *m = az_measures; name && m->name; m++) {
        if (!strcmp(m->name, name))
            return m;
    }
    return NULL;
}

int az_lexical_check(const struct az_panel *panel, const struct az_judge *judge,
                     struct az_error *err)
{
    if (!az_measure_find(judge->model)) {
        const char *names[AZ_LEN(az_measures)];
        for (size_t i = 0; i < AZ_LEN(az_measures); i++)
            names[i] = az_measures[i].name;
        const char *model = judge->model ? judge->model : "";
        const char *near = az_nearest(az_str(model), names);
        az_fail(err, AZ_EINVAL, "judge '%s': no lexical measure '%s'", judge->name, model);
        if (near)
            az_hint(err, "Did you mean '%s'?", near);
        else
            az_hint(err, "There are length, words, contains, exact_match, token_f1, rouge_l, chrf, "
                         "gopher_quality, gopher_repetition, c4, fineweb and document.");
        return AZ_EINVAL;
    }
    if (panel->question.kind == AZ_RANK)
        return az_fail(err, AZ_EINVAL, "judge '%s': a measure gives no rank yet", judge->name);
    if (panel->question.kind == AZ_CHOICE && !judge->n_map) {
        az_fail(err, AZ_EINVAL, "judge '%s': a measure names no label", judge->name);
        az_hint(err, "Say which value gives which label with 'map:'.");
        return AZ_EINVAL;
    }
    return 0;
}

/* A question being answered. */
struct asked {
    const struct az_question *q;
    const struct az_judge *judge;
    const struct az_measure *measure;
    const struct az_item *item;
    struct az_arena *arena;
    struct az_ballot *ballot;
};

static int fail(struct asked *a, enum az_ballot_error error, const char *fmt, ...) AZ_PRINTF(3, 4);
static int fail(struct asked *a, enum az_ballot_error error, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    a->ballot->error = error;
    a->ballot->error_text = az_arena_str(a->arena, az_str(text));
    return a->ballot->error_text.p ? 0 : AZ_ENOMEM;
}

static int measure(struct asked *a, struct az_str text, struct az_measured *ret)
{
    ret->why[0] = '\0';
    return a->measure->of(text, a->item->reference, ret);
}

static int set_rationale(struct asked *a, const struct az_buf *b)
{
    if (b->failed)
        return AZ_ENOMEM;
    a->ballot->rationale = az_arena_str(a->arena, az_buf_view(b));
    return a->ballot->rationale.p ? 0 : AZ_ENOMEM;
}

static void print_measured(struct az_buf *b, const struct az_measured *m)
{
    char text[AZ_NUMBER_MAX];
    az_buf_z(b, az_number_print(m->value, text));
    if (m->why[0])
        az_buf_fmt(b, " (%s)", m->why);
}

static int set_score(struct asked *a, double value)
{
    const struct az_question *q = a->q;
    if (!a->measure->counts)
        value = q->scale_min + value * (q->scale_max - q->scale_min);
    if (value < q->scale_min || value > q->scale_max)
        return fail(a, AZ_BE_OUTSIDE, "%s is %g, outside the scale from %g to %g", a->measure->name,
                    value, q->scale_min, q->scale_max);
    a->ballot->has_score = true;
    a->ballot->score = value;
    return 0;
}

static int set_choice(struct asked *a, double value)
{
    for (size_t i = 0; i < a->judge->n_map; i++) {
        if (value >= a->judge->map[i].at_least) {
            a->ballot->label = a->judge->map[i].label;
            return 0;
        }
    }
    return fail(a, AZ_BE_OUTSIDE, "%s is %g, which no row of 'map' reaches down to",
                a->measure->name, value);
}

/* One text: score and choice. */
static int judge_one(struct asked *a)
{
    const struct az_item *item = a->item;
    struct az_str text = item->n_responses ? item->responses[0] : item->prompt;
    if (item->n_responses > 1)
        return fail(a, AZ_BE_UNFIT, "one text is measured and the item has %zu responses",
                    item->n_responses);
    if (!text.p)
        return fail(a, AZ_BE_UNFIT, "the item has neither a response nor a prompt");

    struct az_measured m;
    int r = measure(a, text, &m);
    if (r == 0)
        r = a->q->kind == AZ_SCORE ? set_score(a, m.value) : set_choice(a, m.value);
    if (r < 0)
        return r;
    AZ_AUTO_BUF b = az_buf(512);
    az_buf_z(&b, a->measure->name);
    az_buf_char(&b, ' ');
    print_measured(&b, &m);
    return set_rationale(a, &b);
}

/* The highest value wins; m is how many are as high. */
static int set_winner(struct asked *a, const double *values, size_t n)
{
    double top = values[0];
    for (size_t i = 1; i < n; i++)
        top = AZ_MAX(top, values[i]);
    size_t m = 0;
    int first = AZ_LABEL_NONE;
    for (size_t i = n; i-- > 0;) {
        if (top - values[i] <= SAME) {
            first = (int)i;
            m++;
        }
    }
    if (m == 1)
        a->ballot->label = first;
    else if (a->q->kind == AZ_PAIR)
        a->ballot->label = AZ_LABEL_TIE;
    if (m == 1 || a->q->kind == AZ_PAIR)
        return 0;

    double *probs = az_arena_zalloc(a->arena, n * sizeof(*probs));
    if (!probs)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++)
        probs[i] = top - values[i] <= SAME ? 1.0 / (double)m : 0;
    a->ballot->probs = probs;
    a->ballot->n_probs = n;
    return 0;
}

/* Several texts: pair and best. */
static int judge_many(struct asked *a)
{
    const struct az_item *item = a->item;
    size_t n = item->n_responses;
    if (n < 2 || n > AZ_RESPONSES_MAX || (a->q->kind == AZ_PAIR && n != 2))
        return fail(a, AZ_BE_UNFIT, "the item has %zu responses to compare", n);

    AZ_AUTO_BUF b = az_buf(AZ_RESPONSES_MAX * 256);
    double values[AZ_RESPONSES_MAX];
    (void)az_buf_room(&b, strlen(a->measure->name) + 16 * n); /* mostly all of it, at once */
    az_buf_z(&b, a->measure->name);
    for (size_t i = 0; i < n; i++) {
        struct az_measured m;
        int r = measure(a, item->responses[i], &m);
        if (r < 0)
            return r;
        values[i] = m.value;
        const char place[] = {',', ' ', (char)('A' + i), ' '};
        az_buf_put(&b, i ? place : place + 1, i ? 4 : 3);
        print_measured(&b, &m);
    }
    int r = set_winner(a, values, n);
    return r < 0 ? r : set_rationale(a, &b);
}

static int judge(struct asked *a, const struct az_panel *panel)
{
    struct az_error err = {0};
    if (az_lexical_check(panel, a->judge, &err) < 0)
        return fail(a, AZ_BE_UNFIT, "%s", err.what);
    az_assert(a->measure);
    struct az_str reference = a->item->reference;
    if (a->measure->needs != AZ_REFERENCE_NONE && !reference.p)
        return fail(a, AZ_BE_UNFIT, "%s compares with a reference and the item has none",
                    a->measure->name);
    if (a->measure->needs == AZ_REFERENCE_TEXT && !az_str_trim(reference).n)
        return fail(a, AZ_BE_UNFIT, "%s looks for the reference and that is empty",
                    a->measure->name);
    return a->q->kind == AZ_PAIR || a->q->kind == AZ_BEST ? judge_many(a) : judge_one(a);
}

int az_lexical_judge(const struct az_panel *panel, const struct az_key *key,
                     const struct az_item *item, struct az_arena *arena, struct az_ballot *ballot)
{
    const struct az_judge *who = &panel->judges[key->judge];
    *ballot = (struct az_ballot){.key = *key,
                                 .label = AZ_LABEL_NONE,
                                 .how = AZ_STR("lexical"),
                                 .model = az_str(who->model),
                                 .cost_known = true};
    struct asked a = {.q = &panel->question,
                      .judge = who,
                      .measure = az_measure_find(who->model),
                      .item = item,
                      .arena = arena,
                      .ballot = ballot};
    return judge(&a, panel);
}
