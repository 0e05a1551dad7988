/* Inspect's logs: {eval: {model}, samples: [{id, epoch, input, target, output:
 * {choices: [{message: {content}}]}, scores: {SCORER: {value, answer, explanation}}},
 * …]} (UKGovernmentBEIS/inspect_ai, log/_log.py). Every scorer is a judge; a value
 * that is an object is one judge a key. A .eval file is a zip archive of the same,
 * one sample an entry, and of {eval} under two names. */
#include "client/cli/import/forms.h"

static struct az_str field(az_jv v, const char *key)
{
    return az_jv_str(az_jv_get(v, key));
}

/* The last thing that the user said. */
static struct az_str prompt_of(struct az_import *im, az_jv input)
{
    struct az_str prompt = az_jv_str(input);
    if (az_jv_type(input) != AZ_J_ARRAY)
        return prompt;
    for (az_jv m = az_jv_first(input); m; m = az_jv_next(m)) {
        if (az_str_eqz(field(m, "role"), "user"))
            prompt = az_import_content(im, az_jv_get(m, "content"));
    }
    return prompt;
}

static struct az_str response_of(struct az_import *im, az_jv output)
{
    struct az_str text = az_import_content(im, az_jv_path(output, "choices.0.message.content"));
    return text.p ? text : field(output, "completion");
}

static int vote(struct az_import *im, struct az_str judge, az_jv score, az_jv value,
                struct az_error *err)
{
    struct az_vote v = az_vote_new();
    v.judge = judge;
    v.rationale = field(score, "explanation");
    v.sample = 0;
    if (az_jv_num(value, &v.score))
        v.has_score = true;
    else
        v.label = az_import_text(im, value);
    if (!v.has_score && !v.label.n) {
        v.error = AZ_BE_PARSE;
        v.error_text = AZ_STR("the score has no readable value");
    }
    return az_import_vote(im, &v, err);
}

static int votes(struct az_import *im, az_jv score, struct az_error *err)
{
    az_jv value = az_jv_type(score) == AZ_J_OBJECT ? az_jv_get(score, "value") : score;
    if (az_jv_type(value) != AZ_J_OBJECT)
        return vote(im, az_jv_key(score), score, value, err);
    int r = 0;
    for (az_jv m = az_jv_first(value); r == 0 && m; m = az_jv_next(m)) {
        AZ_AUTO_BUF name = az_buf(AZ_BUF_MAX);
        az_buf_fmt(&name, AZ_STR_FMT "/" AZ_STR_FMT, AZ_STR_ARG(az_jv_key(score)),
                   AZ_STR_ARG(az_jv_key(m)));
        r = az_buf_check(&name, err);
        if (r == 0)
            r = vote(im, az_buf_view(&name), score, m, err);
    }
    return r;
}

/* Every epoch has an answer of its own, and so is an item of its own. */
static int name(struct az_import *im, az_jv a, struct az_subject *s, struct az_error *err)
{
    int64_t epoch;
    s->id = az_import_text(im, az_jv_get(a, "id"));
    if (!s->id.n || !az_jv_get(a, "input"))
        return az_fail(err, AZ_EINVAL, "no 'id' and 'input' of a sample");
    if (!az_jv_int(az_jv_get(a, "epoch"), &epoch) || epoch <= 1)
        return 0;
    AZ_AUTO_BUF id = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&id, AZ_STR_FMT "#%lld", AZ_STR_ARG(s->id), (long long)epoch);
    s->id = az_arena_str(im->arena, az_buf_view(&id));
    return s->id.p ? 0 : az_oom(err);
}

int az_form_inspect(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    az_jv a = record->json;
    az_jv head = az_jv_get(a, "eval");
    if (!head && !az_str_ends(az_str(im->form->paths[record->path]), "[]"))
        head = a;
    if (head) {
        snprintf(im->of_form.model, sizeof(im->of_form.model), AZ_STR_FMT,
                 AZ_STR_ARG(field(head, "model")));
        return 1;
    }
    struct az_subject s = {.prompt = prompt_of(im, az_jv_get(a, "input")),
                           .reference = az_jv_str(az_jv_get(a, "target"))};
    struct az_str response = response_of(im, az_jv_get(a, "output"));
    if (response.p)
        s.responses[s.n_responses++] = response;
    if (response.p && *im->of_form.model)
        s.systems[s.n_systems++] = az_str(im->of_form.model);
    int r = name(im, a, &s, err);
    az_jv scores = az_jv_get(a, "scores");
    if (r < 0 || az_jv_type(scores) != AZ_J_OBJECT)
        return r;
    r = az_import_about(im, &s, err);
    for (az_jv score = az_jv_first(scores); r == 0 && score; score = az_jv_next(score))
        r = votes(im, score, err);
    return r;
}
