/* promptfoo's results: results.results[] of {prompt: {raw}, vars, provider: {id, label},
 * response: {output}, gradingResult: {pass, score, reason, componentResults: [{pass,
 * score, reason, assertion: {type, metric, provider}, tokensUsed, metadata}, …]}}.
 * Every assertion is a judge; a grader that failed itself passes nothing and fails
 * nothing (promptfoo, types/index.ts and matchers). */
#include "client/cli/import/forms.h"

static struct az_str field(az_jv v, const char *key)
{
    return az_jv_str(az_jv_get(v, key));
}

/* The grader's own failures, which promptfoo counts as `pass: false`. */
static bool grader_failed(az_jv component, struct az_vote *v)
{
    static const struct {
        const char *begins;
        enum az_ballot_error error;
    } failures[] = {
        {"Could not extract JSON from", AZ_BE_PARSE},
        {"No output", AZ_BE_EMPTY},
        {"API error", AZ_BE_SERVER},
        {"API call error", AZ_BE_SERVER},
    };
    struct az_str reason = field(component, "reason");
    v->error_text = reason;
    for (size_t i = 0; i < AZ_LEN(failures); i++) {
        if (!az_jv_true(az_jv_get(component, "pass")) && az_str_starts(reason, failures[i].begins))
            v->error = failures[i].error;
    }
    if (v->error == AZ_BE_NONE && az_str_find(reason, AZ_STR("produced malformed response")) >= 0)
        v->error = AZ_BE_PARSE;
    if (v->error == AZ_BE_NONE && az_jv_true(az_jv_path(component, "metadata.graderError")))
        v->error = AZ_BE_SERVER;
    return v->error != AZ_BE_NONE;
}

static struct az_str judge_of(const struct az_import *im, az_jv component)
{
    az_jv assertion = az_jv_get(component, "assertion");
    struct az_str name = field(assertion, "metric");
    if (!name.n)
        name = field(assertion, "type");
    return !name.n && !im->options->judge ? AZ_STR("promptfoo") : name;
}

static void tokens(az_jv used, struct az_vote *v)
{
    int64_t n;
    if (az_jv_int(az_jv_get(used, "prompt"), &n) && n >= 0)
        v->tokens_in = n;
    if (az_jv_int(az_jv_get(used, "completion"), &n) && n >= 0)
        v->tokens_out = n;
}

static int vote(struct az_import *im, az_jv component, struct az_error *err)
{
    struct az_vote v = az_vote_new();
    az_jv pass = az_jv_get(component, "pass"), model = az_jv_path(component, "assertion.provider");
    v.judge = judge_of(im, component);
    v.model = az_jv_str(model).p ? az_jv_str(model) : field(model, "id");
    tokens(az_jv_get(component, "tokensUsed"), &v);
    if (!grader_failed(component, &v)) {
        v.error_text = (struct az_str){0};
        v.rationale = field(component, "reason");
        v.has_score = az_jv_num(az_jv_get(component, "score"), &v.score);
        if (az_jv_type(pass) == AZ_J_BOOL)
            v.label = az_jv_true(pass) ? AZ_STR("pass") : AZ_STR("fail");
    }
    return az_import_vote(im, &v, err);
}

/* A set of assertions stands for those in it. */
static int votes(struct az_import *im, az_jv grading, struct az_error *err)
{
    az_jv inner = az_jv_first(az_jv_get(grading, "componentResults"));
    if (!inner)
        return vote(im, grading, err);
    int r = 0;
    for (; r == 0 && inner; inner = az_jv_next(inner)) {
        if (az_jv_type(inner) == AZ_J_OBJECT)
            r = votes(im, inner, err);
    }
    return r;
}

static struct az_str output_of(struct az_import *im, az_jv output, struct az_error *err)
{
    struct az_str text = az_import_text(im, output);
    if (text.p || !output || az_jv_type(output) == AZ_J_NULL)
        return text;
    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    az_jv_print(&json, output);
    return az_buf_check(&json, err) < 0 ? text : az_arena_str(im->arena, az_buf_view(&json));
}

int az_form_promptfoo(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    az_jv a = record->json, grading = az_jv_get(a, "gradingResult");
    struct az_str system = az_jv_str(az_jv_path(a, "provider.label"));
    if (!az_jv_get(a, "prompt") || (!az_jv_get(a, "vars") && !az_jv_get(a, "testCase")))
        return az_fail(err, AZ_EINVAL, "no 'prompt' and 'vars' of a result");
    struct az_subject s = {.prompt = az_jv_str(az_jv_path(a, "prompt.raw"))};
    struct az_str output = output_of(im, az_jv_path(a, "response.output"), err);
    s.other_id = az_import_text(im, az_jv_path(a, "vars.id"));
    if (output.p)
        s.responses[s.n_responses++] = output;
    if (!system.n)
        system = az_jv_str(az_jv_path(a, "provider.id"));
    if (system.n)
        s.systems[s.n_systems++] = system;
    if (!output.p || az_jv_type(grading) != AZ_J_OBJECT)
        return 0; /* the system itself failed, or nothing was asked of it */
    int r = az_import_about(im, &s, err);
    return r < 0 ? r : votes(im, grading, err);
}
