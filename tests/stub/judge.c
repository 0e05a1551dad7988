#include "tests/stub/judge.h"

#include "core/hash.h"
#include "core/mem.h"
#include "tests/stub/file.h"
#include "tests/stub/replay.h"

enum { LABELS_MAX = 64 };

void judge_clear_votes(struct judge *j)
{
    for (size_t i = 0; i < j->n_votes; i++) {
        free(j->votes[i].label);
        free(j->votes[i].model);
    }
    j->n_votes = 0;
}

static void clear_script(struct judge *j)
{
    for (size_t i = 0; i < j->n_script; i++) {
        free(j->script[i].text);
        free(j->script[i].model);
    }
    j->n_script = 0;
    j->has_script = false;
}

void judge_release(struct judge *j)
{
    judge_clear_votes(j);
    clear_script(j);
    free(j->votes);
    free(j->script);
    free(j->says);
    free(j->reasoning);
    free(j->labels);
    free(j->probs);
    replay_free(j->replay);
}

int judge_add_vote(struct judge *j, const char *spec, struct az_error *err)
{
    const char *at = strchr(spec, '@');
    struct vote v = {.label = az_strdup(spec)};
    if (v.label && at) {
        v.label[at - spec] = '\0';
        v.model = az_strdup(at + 1);
    }
    if (!v.label || (at && !v.model) ||
        az_grow(&j->votes, &j->votes_cap, j->n_votes + 1, sizeof(*j->votes)) < 0) {
        free(v.label);
        free(v.model);
        return az_oom(err);
    }
    j->votes[j->n_votes++] = v;
    return 0;
}

static char *copy_of(struct az_str s)
{
    char *z = s.p ? az_alloc(s.n + 1) : NULL;
    if (z) {
        memcpy(z, s.p, s.n);
        z[s.n] = '\0';
    }
    return z;
}

static int script_line(void *arg, az_jv row, struct az_error *err)
{
    struct judge *j = arg;
    struct az_str fault = az_jv_str(az_jv_get(row, "fault"));
    struct az_str text =
        az_jv_type(row) == AZ_J_STRING ? az_jv_str(row) : az_jv_str(az_jv_get(row, "text"));
    if (az_grow(&j->script, &j->script_cap, j->n_script + 1, sizeof(*j->script)) < 0)
        return az_oom(err);
    struct script_row *s = &j->script[j->n_script];
    *s = (struct script_row){.text = copy_of(text),
                             .model = copy_of(az_jv_str(az_jv_get(row, "model"))),
                             .fault = fault_find(fault)};
    j->n_script++;
    if (fault.p && !s->fault)
        return az_fail(err, AZ_EINVAL, "no fault is called '" AZ_STR_FMT "'", AZ_STR_ARG(fault));
    if (!s->fault && !s->text)
        return az_fail(err, AZ_EINVAL, "neither text nor fault");
    return 0;
}

int judge_load_script(struct judge *j, const char *path, struct az_error *err)
{
    clear_script(j);
    if (!*path)
        return 0;
    j->has_script = true;
    return file_each_json(path, script_line, j, err);
}

size_t judge_labels(const struct judge *j, const struct ask *ask, struct az_str *ret, size_t max)
{
    size_t n = 0;
    az_jv listed = az_jv_path(ask->schema, "properties.label.enum");
    for (az_jv v = az_jv_first(listed); v && n < max; v = az_jv_next(v))
        ret[n++] = az_jv_str(v);
    struct az_str rest = az_str(j->labels ? j->labels : "A,B");
    while (!listed && rest.n && n < max) {
        const char *comma = memchr(rest.p, ',', rest.n);
        size_t len = comma ? (size_t)(comma - rest.p) : rest.n;
        ret[n++] = (struct az_str){rest.p, len};
        len += comma != NULL;
        rest = (struct az_str){rest.p + len, rest.n - len};
    }
    return n;
}

/* The label that votes say, or one by hash. */
static struct az_str choose(const struct judge *j, const struct ask *ask, bool outside)
{
    struct az_str labels[LABELS_MAX];
    size_t n = judge_labels(j, ask, labels, LABELS_MAX);
    if (outside)
        return AZ_STR("Q");
    for (size_t i = 0; i < j->n_votes; i++) {
        const struct vote *v = &j->votes[i];
        if (v->model && !az_str_eqz(ask->model, v->model))
            continue;
        if (strcmp(v->label, "hash"))
            return az_str(v->label);
        break;
    }
    return n ? labels[az_hash64_mix(j->seed, ask->key) % n] : AZ_STR("A");
}

static int64_t choose_score(const struct judge *j, const struct ask *ask, az_jv of, bool outside)
{
    int64_t low = j->scale_low, high = j->scale_high, fixed;
    az_jv_int(az_jv_get(of, "minimum"), &low);
    az_jv_int(az_jv_get(of, "maximum"), &high);
    if (outside || high < low)
        return high + 1000;
    for (size_t i = 0; i < j->n_votes; i++) {
        const struct vote *v = &j->votes[i];
        if ((!v->model || az_str_eqz(ask->model, v->model)) && az_str_int(az_str(v->label), &fixed))
            return fixed;
    }
    return low + (int64_t)(az_hash64_mix(j->seed, ask->key) % (uint64_t)(high - low + 1));
}

static void mark(struct said *said, struct az_str label)
{
    said->label_at = said->text.n;
    said->label_n = label.n;
}

/* One property of the answer that a schema asks for. */
static void say_property(struct judge *j, const struct ask *ask, az_jv of, bool outside,
                         struct az_jw *w, struct said *said)
{
    struct az_str type = az_jv_str(az_jv_get(of, "type"));
    if (az_jv_get(of, "enum") && az_jv_str(az_jv_first(az_jv_get(of, "enum"))).p) {
        struct az_str label = choose(j, ask, outside);
        az_jw_str(w, label);
        mark(said, label);
        said->label_at -= label.n + 1; /* just written, in quotes */
    } else if (az_str_eqz(type, "number") || az_str_eqz(type, "integer")) {
        size_t before = said->text.n;
        az_jw_int(w, choose_score(j, ask, of, outside));
        said->label_at = before + (said->text.n > before && said->text.p[before] == ',');
        said->label_n = said->text.n - said->label_at;
    } else if (az_str_eqz(type, "boolean")) {
        az_jw_bool(w, az_hash64_mix(j->seed, ask->key) & 1);
    } else if (az_str_eqz(type, "array")) {
        az_jw_arr(w);
        az_jw_arr_end(w);
    } else {
        az_jw_z(w, "The stub weighed the answers.");
    }
}

static void say_schema(struct judge *j, const struct ask *ask, bool outside, struct said *said)
{
    struct az_jw w = az_jw(&said->text);
    az_jw_obj(&w);
    az_jv properties = az_jv_get(ask->schema, "properties");
    for (az_jv p = az_jv_first(properties); p; p = az_jv_next(p)) {
        az_jw_key_str(&w, az_jv_key(p));
        say_property(j, ask, p, outside, &w, said);
    }
    az_jw_obj_end(&w);
}

static void say_form(struct judge *j, const struct ask *ask, bool outside, struct said *said)
{
    static const struct {
        const char *before, *after;
    } around[] = {
        [FORM_BRACKET] = {"[[", "]]"},
        [FORM_LETTER] = {"", ""},
        [FORM_ARENA_HARD] = {"My final verdict is: [[", "]]"},
        [FORM_RATING] = {"Rating: [[", "]]"},
        [FORM_JSON] = {"{\"rationale\":\"The stub weighed the answers.\",\"label\":\"", "\"}"},
    };
    enum form form = ask->json_object ? FORM_JSON : ask->logprobs ? FORM_LETTER : j->form;
    struct az_str label = choose(j, ask, outside);
    if (form == FORM_ARENA_HARD && !outside)
        label = az_str_eqz(label, "A")   ? AZ_STR("A>B")
                : az_str_eqz(label, "B") ? AZ_STR("B>A")
                                         : AZ_STR("A=B");
    az_buf_z(&said->text, around[form].before);
    mark(said, label);
    if (form == FORM_RATING) {
        az_buf_fmt(&said->text, "%lld", (long long)choose_score(j, ask, NULL, outside));
        said->label_n = said->text.n - said->label_at;
    } else {
        az_buf_str(&said->text, label);
    }
    az_buf_z(&said->text, around[form].after);
}

/* The script's next row for this model. */
static void say_script(struct judge *j, const struct ask *ask, struct said *said)
{
    for (size_t i = 0; i < j->n_script; i++) {
        struct script_row *row = &j->script[i];
        if (row->used || (row->model && !az_str_eqz(ask->model, row->model)))
            continue;
        row->used = true;
        said->fault = row->fault;
        if (row->text)
            az_buf_z(&said->text, row->text);
        return;
    }
    said->trouble = "the script has ended";
}

void judge_say(struct judge *j, const struct ask *ask, bool plain, bool outside, int64_t answered,
               struct said *said)
{
    az_buf_clear(&said->text);
    said->label_at = said->label_n = 0;
    said->fault = NULL;
    said->trouble = NULL;
    if (j->has_script) {
        say_script(j, ask, said);
    } else if (j->replay) {
        struct az_str text = replay_find(j->replay, ask, answered);
        if (text.p)
            az_buf_str(&said->text, text);
        else
            said->trouble = "no recorded answer";
    } else if (j->says && !outside) {
        az_buf_z(&said->text, j->says);
    } else if (ask->schema && !plain) {
        say_schema(j, ask, outside, said);
    } else {
        say_form(j, ask, outside, said);
    }
}
