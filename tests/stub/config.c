#include "tests/stub/config.h"

#include <errno.h>

#include "core/mem.h"
#include "tests/stub/replay.h"

typedef int set_fn(struct config *c, const char *value, struct az_error *err);

static int set_delay(struct config *c, const char *value, struct az_error *err)
{
    return delay_parse(value, &c->delay, err);
}

/* Added to what is there; empty: none. */
static int set_fault(struct config *c, const char *value, struct az_error *err)
{
    if (*value)
        return fault_add(&c->faults, value, err);
    fault_clear(&c->faults);
    return 0;
}

static int set_votes(struct config *c, const char *value, struct az_error *err)
{
    if (*value)
        return judge_add_vote(&c->judge, value, err);
    judge_clear_votes(&c->judge);
    return 0;
}

static int one_of(const char *const *names, const char *value, struct az_error *err)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], value))
            return i;
    return az_fail(err, AZ_EINVAL, "no such value: '%s'", value);
}

static int set_form(struct config *c, const char *value, struct az_error *err)
{
    static const char *const names[] = {"bracket", "letter", "arena_hard", "rating", "json", NULL};
    int i = one_of(names, value, err);
    if (i >= 0)
        c->judge.form = (enum form)i;
    return AZ_MIN(i, 0);
}

static int set_usage(struct config *c, const char *value, struct az_error *err)
{
    static const char *const names[] = {"honest", "worst", "none", NULL};
    int i = one_of(names, value, err);
    if (i >= 0)
        c->usage = (enum tell)i;
    return AZ_MIN(i, 0);
}

static int set_scale(struct config *c, const char *value, struct az_error *err)
{
    const char *colon = strchr(value, ':');
    int64_t low, high;
    if (!colon || !az_str_int((struct az_str){value, (size_t)(colon - value)}, &low) ||
        !az_str_int(az_str(colon + 1), &high) || high < low)
        return az_fail(err, AZ_EINVAL, "no scale: '%s' (say 1:5)", value);
    c->judge.scale_low = low;
    c->judge.scale_high = high;
    return 0;
}

static int set_script(struct config *c, const char *value, struct az_error *err)
{
    return judge_load_script(&c->judge, value, err);
}

static int set_answers(struct config *c, const char *value, struct az_error *err)
{
    replay_free(c->judge.replay);
    c->judge.replay = NULL;
    if (!*value)
        return 0;
    if (!c->items)
        return az_fail(err, AZ_EINVAL, "answers need the items first: --items FILE");
    return replay_load(value, c->items, &c->judge.replay, err);
}

static int set_seed(struct config *c, const char *value, struct az_error *err)
{
    int64_t seed;
    if (!az_str_int(az_str(value), &seed))
        return az_fail(err, AZ_EINVAL, "no number: '%s'", value);
    c->judge.seed = (uint64_t)seed;
    return 0;
}

static int set_log(struct config *c, const char *value, struct az_error *err)
{
    if (c->log)
        fclose(c->log);
    c->log = *value ? fopen(value, "we") : NULL;
    return !*value || c->log ? 0 : az_fail(err, AZ_EIO, "'%s': %s", value, strerror(errno));
}

enum kind { CALL, TEXT, INT, NUMBER, BOOL };

#define AT(field) offsetof(struct config, field)
static const struct setting {
    const char *name;
    enum kind kind;
    size_t at;
    set_fn *set;
    const char *help;
} settings[] = {
    {"port", INT, AT(port), NULL, "N: on 127.0.0.1; 0 (default): any"},
    {"says", TEXT, AT(judge.says), NULL, "TEXT: every answer"},
    {"votes", CALL, 0, set_votes, "LABEL[@MODEL] or hash[@MODEL] (default); again for more models"},
    {"form", CALL, 0, set_form, "bracket, letter, arena_hard, rating, json: where no schema is"},
    {"labels", TEXT, AT(judge.labels), NULL, "A,B (default): where no schema is"},
    {"scale", CALL, 0, set_scale, "LOW:HIGH of scores (1:5): where the schema tells none"},
    {"probs", TEXT, AT(judge.probs), NULL, "A:0.7,B:0.3: log-probabilities of the label's token"},
    {"reasoning", TEXT, AT(judge.reasoning), NULL, "TEXT: beside every answer"},
    {"script", CALL, 0, set_script, "FILE: JSONL, one answer or fault a row, in order"},
    {"items", TEXT, AT(items), NULL, "FILE: the items that --answers are about"},
    {"answers", CALL, 0, set_answers, "FILE: recorded answers, found by the prompt"},
    {"delay", CALL, 0, set_delay, "MS, uniform:LOW:HIGH or lognormal:MEDIAN:SIGMA"},
    {"delay-ms", CALL, 0, set_delay, "the same"},
    {"fault", CALL, 0, set_fault, "KIND[:WHEN][@MODEL]; again for more"},
    {"seed", CALL, 0, set_seed, "N: of votes, faults and delays"},
    {"retry-after", INT, AT(retry_after_s), NULL, "SECONDS in 429, 500, 503, 529; -1: not sent"},
    {"retry-after-ms", INT, AT(retry_after_ms), NULL, "MS likewise"},
    {"key", TEXT, AT(key), NULL, "KEY: all others get 401"},
    {"limit", INT, AT(limit), NULL, "N answers under way, 429 beyond"},
    {"hold", BOOL, AT(hold), NULL, "true: keep all answers until it is false"},
    {"close-every", INT, AT(close_every), NULL, "N: the Nth answer closes its connection"},
    {"drip-ms", INT, AT(drip_ms), NULL, "MS between two bytes of a drip (20)"},
    {"huge-bytes", INT, AT(huge_bytes), NULL, "N: of a huge body (64 MiB)"},
    {"usage", CALL, 0, set_usage, "honest, worst (request bytes, max_tokens) or none"},
    {"cached-tokens", INT, AT(cached_tokens), NULL, "N of the input tokens, at the most"},
    {"usd-in", NUMBER, AT(usd_in), NULL, "dollars a million input tokens (0)"},
    {"usd-out", NUMBER, AT(usd_out), NULL, "likewise output"},
    {"usd-cached", NUMBER, AT(usd_cached), NULL, "likewise cached input"},
    {"log", CALL, 0, set_log, "FILE: every request with its time (at_ms), as a JSON line"},
};

void config_init(struct config *c)
{
    *c = (struct config){
        .drip_ms = 20,
        .huge_bytes = 64 << 20,
        .retry_after_s = -1,
        .retry_after_ms = -1,
        .judge = {.scale_low = 1, .scale_high = 5},
    };
}

void config_release(struct config *c)
{
    judge_release(&c->judge);
    fault_clear(&c->faults);
    free(c->key);
    free(c->items);
    if (c->log)
        fclose(c->log);
}

static int set_plain(struct config *c, const struct setting *s, const char *value,
                     struct az_error *err)
{
    void *at = (char *)c + s->at;
    struct az_str v = az_str(value);
    bool ok = true;
    if (s->kind == TEXT) {
        char *copy = *value ? az_strdup(value) : NULL;
        if (*value && !copy)
            return az_oom(err);
        free(*(char **)at);
        *(char **)at = copy;
    } else if (s->kind == INT) {
        ok = az_str_int(v, at);
    } else if (s->kind == NUMBER) {
        ok = az_str_double(v, at);
    } else {
        ok = az_str_eqz(v, "true") || az_str_eqz(v, "false");
        *(bool *)at = az_str_eqz(v, "true");
    }
    return ok ? 0 : az_fail(err, AZ_EINVAL, "no such value: '%s'", value);
}

int config_set(struct config *c, struct az_str name, const char *value, struct az_error *err)
{
    for (size_t i = 0; i < AZ_LEN(settings); i++) {
        const struct setting *s = &settings[i];
        if (!az_str_eqz(name, s->name))
            continue;
        int r = s->kind == CALL ? s->set(c, value, err) : set_plain(c, s, value, err);
        return r < 0 ? az_wrap(err, "%s", s->name) : 0;
    }
    return az_fail(err, AZ_EINVAL, "no setting is called '" AZ_STR_FMT "'", AZ_STR_ARG(name));
}

static void help(void)
{
    puts("assize-stub: a judge API for tests, on 127.0.0.1");
    for (size_t i = 0; i < AZ_LEN(settings); i++)
        printf("  --%-15s %s\n", settings[i].name, settings[i].help);
    printf("WHEN: 0.1, every=N, nth=N,M, first=N, after=N, tries=N (of each question)\nKIND:");
    const struct fault_kind *k;
    for (size_t i = 0; (k = fault_nth(i)); i++)
        printf(" %s", k->name);
    putchar('\n');
}

int config_argv(struct config *c, char **argv, struct az_error *err)
{
    for (char **a = argv + 1; *a; a++) {
        if (!strcmp(*a, "--help")) {
            help();
            return 1;
        }
        if (strncmp(*a, "--", 2))
            return az_fail(err, AZ_EUSAGE, "no option: '%s'", *a);
        struct az_str name = az_str(*a + 2);
        const char *value = memchr(name.p, '=', name.n);
        if (value)
            name.n = (size_t)(value++ - name.p);
        else if (!(value = *++a))
            return az_fail(err, AZ_EUSAGE, "'%s' needs a value", a[-1]);
        int r = config_set(c, name, value, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int set_value(struct config *c, struct az_str name, az_jv v, struct az_error *err)
{
    AZ_AUTO_BUF text = az_buf(1 << 20);
    if (az_jv_type(v) == AZ_J_STRING)
        az_buf_str(&text, az_jv_str(v));
    else if (az_jv_type(v) != AZ_J_NULL)
        az_jv_print(&text, v);
    az_buf_put(&text, "", 0);
    int r = az_buf_check(&text, err);
    return r < 0 ? r : config_set(c, name, text.p ? text.p : "", err);
}

int config_json(struct config *c, struct az_str body, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(body, &doc, err);
    if (r < 0)
        return r;
    for (az_jv v = az_jv_first(az_json_root(doc)); v && r == 0; v = az_jv_next(v)) {
        if (az_str_eqz(az_jv_key(v), "reset"))
            continue;
        if (az_jv_type(v) != AZ_J_ARRAY) {
            r = set_value(c, az_jv_key(v), v, err);
            continue;
        }
        r = config_set(c, az_jv_key(v), "", err);
        for (az_jv e = az_jv_first(v); e && r == 0; e = az_jv_next(e))
            r = set_value(c, az_jv_key(v), e, err);
    }
    return r;
}
