/* core/panel_judges.c: the judges, each resolved to its backend. */
#include <math.h>
#include <regex.h>

#include "core/json.h"
#include "core/lexical_names.h"
#include "core/panel_parts.h"

/* Fields of the request that assize itself sends. */
static const char *const own_fields[] = {
    "model",       "messages", "system", "stream",  "max_tokens", "max_completion_tokens",
    "temperature", "seed",     "n",      "best_of", NULL};

static int extra(struct az_panel_draft *d, struct az_judge_draft *draft, struct az_error *err)
{
    const struct az_yaml *y = draft->extra;
    if (!y)
        return 0;
    if (y->type != AZ_Y_MAP)
        return az_yaml_fail(err, y, "'extra' must be a map, not %s", az_ytype_name(y->type));
    for (const char *const *own = own_fields; *own; own++) {
        const struct az_yaml *c = az_yaml_get(y, *own);
        if (!c)
            continue;
        az_yaml_fail_key(err, c, "'extra' cannot set '%s'", *own);
        az_hint(err, "assize sends it from the panel: see the judge's own keys.");
        return AZ_EINVAL;
    }
    AZ_AUTO_BUF b = az_buf(1 << 20);
    int r = az_yaml_json(&b, y, err);
    if (r == 0)
        r = az_buf_check(&b, err);
    if (r < 0)
        return r;
    draft->judge.extra = az_arena_strndup(d->panel->arena, b.p, b.n);
    return draft->judge.extra ? 0 : az_oom(err);
}

/* Dollars a million tokens to pico-dollars a token, rounded up (but for what
 * the product's own rounding adds). */
static int64_t pico(double usd_per_mtok)
{
    return (int64_t)ceil(usd_per_mtok * 1e6 - 1e-3);
}

static int price(struct az_judge_draft *draft, struct az_error *err)
{
    struct az_usd_per_mtok usd = {0};
    if (!draft->usd)
        return 0;
    int r = az_keys_fill(draft->usd, az_price_keys, "usd_per_mtok", &usd, err);
    if (r < 0)
        return r;
    draft->judge.price = (struct az_price){
        .known = true,
        .input = pico(usd.input),
        .output = pico(usd.output),
        .cached = pico(usd.has_cached ? usd.cached : usd.input),
    };
    return 0;
}

static int regex(const struct az_yaml *map, const struct az_judge *j, struct az_error *err)
{
    const struct az_yaml *at = az_yaml_get(map, "regex");
    if (j->answer != AZ_ANSWER_REGEX) {
        if (!j->regex)
            return 0;
        az_yaml_fail_key(err, at, "'regex' is for answer: regex");
        az_hint(err, "Add answer: regex, or leave 'regex' out.");
        return AZ_EINVAL;
    }
    if (!j->regex) {
        az_yaml_fail(err, az_yaml_get(map, "answer"), "answer 'regex' needs a 'regex'");
        az_hint(err, "Add regex: 'Verdict: ([AB])', say, with one group.");
        return AZ_EINVAL;
    }
    regex_t re;
    int r = regcomp(&re, j->regex, REG_EXTENDED);
    if (r == REG_ESPACE)
        return az_oom(err);
    if (r) {
        char why[128];
        regerror(r, &re, why, sizeof(why));
        az_yaml_fail(err, at, "'regex' does not compile: %s", why);
        az_hint(err, "It is a POSIX extended regular expression.");
        return AZ_EINVAL;
    }
    size_t groups = re.re_nsub;
    regfree(&re);
    if (groups == 1)
        return 0;
    az_yaml_fail(err, at, "'regex' has %zu groups, and needs one", groups);
    az_hint(err, "The one group, in ( ), is the answer.");
    return AZ_EINVAL;
}

/* ">= 0.5" or "else". */
static bool read_bound(struct az_str key, double *ret)
{
    if (az_str_eqz(key, "else")) {
        *ret = -INFINITY;
        return true;
    }
    if (!az_str_starts(key, ">="))
        return false;
    return az_str_double(az_str_trim((struct az_str){key.p + 2, key.n - 2}), ret);
}

static int map_row(const struct az_panel *p, struct az_judge *j, const struct az_yaml *c,
                   struct az_error *err)
{
    struct az_map_row row;
    char shown[AZ_YAML_SHOWN];
    if (!read_bound(c->key, &row.at_least)) {
        az_yaml_fail_key(err, c, "'%.40s' is no bound", c->key.p);
        az_hint(err, "Write \">= 0.5\", in quotes, or else.");
        return AZ_EINVAL;
    }
    if (j->n_map && !(row.at_least < j->map[j->n_map - 1].at_least)) {
        az_yaml_fail_key(err, c, "the bounds of 'map' must fall");
        az_hint(err, "The first bound that the value reaches gives the label; else comes last.");
        return AZ_EINVAL;
    }
    row.label = az_yaml_is_scalar(c) ? az_label_find(&p->question, p->question.n_labels, c->text)
                                     : AZ_LABEL_NONE;
    if (row.label == AZ_LABEL_NONE) {
        az_yaml_fail(err, c, "'map' names no label of the question: '%s'", az_yaml_shown(c, shown));
        const char *names[AZ_LABELS_MAX + 1] = {NULL};
        memcpy(names, p->question.labels, p->question.n_labels * sizeof(*names));
        az_keys_hint(err, c->text, names);
        return AZ_EINVAL;
    }
    j->map[j->n_map++] = row;
    return 0;
}

static int map_of(struct az_panel_draft *d, struct az_judge_draft *draft, struct az_error *err)
{
    const struct az_yaml *y = draft->map;
    struct az_judge *j = &draft->judge;
    if (!y)
        return 0;
    if (d->panel->question.kind != AZ_CHOICE)
        return az_yaml_fail_key(err, y, "'map' is for a choice question");
    if (y->type != AZ_Y_MAP || !y->n) {
        az_yaml_fail(err, y, "'map' must be a map from bounds to labels");
        az_hint(err, "Write map: {\">= 0.5\": good, else: bad}.");
        return AZ_EINVAL;
    }
    j->map = az_arena_zalloc(d->panel->arena, y->n * sizeof(*j->map));
    if (!j->map)
        return az_oom(err);
    int r = 0;
    for (const struct az_yaml *c = y->first; r == 0 && c; c = c->next)
        r = map_row(d->panel, j, c, err);
    if (r == 0 && isfinite(j->map[j->n_map - 1].at_least)) {
        az_yaml_fail(err, y, "'map' has no else");
        az_hint(err, "Say which label a value below all bounds gives.");
        return AZ_EINVAL;
    }
    return r;
}

static int template_of(struct az_panel_draft *d, const struct az_yaml *map,
                       struct az_judge_draft *draft, struct az_error *err)
{
    if (!draft->template_file)
        return 0;
    const struct az_yaml *at = az_yaml_get(map, "template_file");
    if (draft->judge.template)
        return az_yaml_fail_key(err, at, "both 'template' and 'template_file'");
    return az_panel_file(d, at, draft->template_file, &draft->judge.template, err);
}

static int name_of(struct az_panel_draft *d, const struct az_yaml *map, struct az_judge *j,
                   struct az_error *err)
{
    const struct az_yaml *at = az_yaml_get(map, "name");
    if (!j->name) {
        size_t n = strlen(j->backend) + strlen(j->model) + 2;
        char *name = az_arena_zalloc(d->panel->arena, n);
        if (!name)
            return az_oom(err);
        snprintf(name, n, "%s/%s", j->backend, j->model);
        j->name = name;
        at = map;
    }
    int r = az_panel_name(at, az_str(j->name), "a judge's name", err);
    if (r < 0)
        return r;
    if (strcmp(j->name, "tie") == 0 || strcmp(j->name, "abstain") == 0)
        return az_yaml_fail(err, at, "a judge cannot be called '%s': it is a tie rule", j->name);
    if (az_panel_judge_find(d->panel, az_str(j->name)) < 0)
        return 0;
    az_yaml_fail(err, at, "two judges are called '%s'", j->name);
    az_hint(err, "Give one of them another 'name'.");
    return AZ_EINVAL;
}

static int backend_of(struct az_panel_draft *d, const struct az_yaml *map, struct az_judge *j,
                      struct az_error *err)
{
    int r = az_panel_name(az_yaml_get(map, "model"), az_str(j->model), "a judge's model", err);
    if (r == 0)
        r = az_panel_name(az_yaml_get(map, "backend"), az_str(j->backend), "a judge's backend",
                          err);
    if (r == 0)
        r = az_panel_backend_use(d, az_str(j->backend), &j->backend_at, err);
    if (r < 0 || j->backend_at >= 0)
        return r;
    const char *names[AZ_BACKEND_NAMES_MAX + 1];
    az_panel_backend_names(d, names);
    az_yaml_fail(err, az_yaml_get(map, "backend"), "unknown backend '%.60s'", j->backend);
    az_keys_hint(err, az_str(j->backend), names);
    return AZ_EINVAL;
}

static int judge(struct az_panel_draft *d, const struct az_yaml *map, struct az_error *err)
{
    static const int max_tokens[] = {
        [AZ_ANSWER_JSON] = 1024,       [AZ_ANSWER_LETTER] = 16,     [AZ_ANSWER_LOGPROBS] = 1,
        [AZ_ANSWER_ARENA_HARD] = 1024, [AZ_ANSWER_MT_BENCH] = 1024, [AZ_ANSWER_REGEX] = 1024};
    struct az_panel *p = d->panel;
    struct az_judge_draft draft = {.judge = {.weight = 1, .backend_at = -1}};
    int r = az_keys_fill(map, az_judge_keys, "a judge", &draft, err);
    if (r == 0)
        r = backend_of(d, map, &draft.judge, err);
    if (r == 0)
        r = name_of(d, map, &draft.judge, err);
    if (r == 0)
        r = template_of(d, map, &draft, err);
    if (r == 0)
        r = regex(map, &draft.judge, err);
    if (r == 0)
        r = extra(d, &draft, err);
    if (r == 0)
        r = price(&draft, err);
    if (r == 0)
        r = map_of(d, &draft, err);
    if (r < 0)
        return r;
    if (!draft.has_max_tokens)
        draft.judge.max_tokens = max_tokens[draft.judge.answer];
    d->judge_nodes[p->n_judges] = map;
    p->judges[p->n_judges++] = draft.judge;
    return 0;
}

int az_panel_judges(struct az_panel_draft *d, struct az_error *err)
{
    const struct az_yaml *list = d->judges;
    struct az_panel *p = d->panel;
    if (list->type != AZ_Y_LIST || !list->n) {
        az_yaml_fail(err, list, "'judges' must be a list of one or more");
        az_hint(err, "Write judges: [openai/MODEL, anthropic/MODEL].");
        return AZ_EINVAL;
    }
    if (list->n > AZ_JUDGES_MAX)
        return az_yaml_fail(err, list, "more than %d judges", (int)AZ_JUDGES_MAX);
    p->judges = az_arena_zalloc(p->arena, list->n * sizeof(*p->judges));
    d->judge_nodes = az_arena_zalloc(p->arena, list->n * sizeof(*d->judge_nodes));
    if (!p->judges || !d->judge_nodes)
        return az_oom(err);
    int r = 0;
    for (const struct az_yaml *c = list->first; r == 0 && c; c = c->next)
        r = judge(d, c, err);
    return r;
}
