/* JudgeBench's outputs, one line a pair: {pair_id, question, response_A, response_B,
 * label, judge_name, judgments: [{judgment: {judge_model, response, scores}, decision},
 * …]}. The second judgment saw the responses exchanged, and its decision is in that
 * frame; null stands for a call that failed (ScalerLab/JudgeBench, run_judge.py). */
#include "client/cli/import/forms.h"

static struct az_str field(az_jv v, const char *key)
{
    return az_jv_str(az_jv_get(v, key));
}

/* What a reward model gave each of the two shown. */
static bool scores_of(az_jv judgment, double s[2])
{
    az_jv list = az_jv_path(judgment, "judgment.scores");
    az_jv first = az_jv_first(list), second = first ? az_jv_next(first) : NULL;
    return az_jv_num(first, &s[0]) && second && az_jv_num(second, &s[1]);
}

/* The model, and what it was asked with where that is a prompt of its own. */
static struct az_str judge_of(struct az_import *im, az_jv pair, az_jv judgment)
{
    struct az_str model = az_jv_str(az_jv_path(judgment, "judgment.judge_model"));
    struct az_str way = field(pair, "judge_name");
    if (!model.n || !way.n || az_str_eqz(way, "reward_model"))
        return model.n ? model : way;
    AZ_AUTO_BUF both = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&both, AZ_STR_FMT "/" AZ_STR_FMT, AZ_STR_ARG(model), AZ_STR_ARG(way));
    return az_arena_str(im->arena, az_buf_view(&both));
}

static void read_decision(az_jv judgment, struct az_vote *v)
{
    int strength;
    struct az_str decision = field(judgment, "decision");
    if (az_jv_type(judgment) != AZ_J_OBJECT) {
        v->error = AZ_BE_MISSING;
        v->error_text = AZ_STR("no judgment is recorded");
        return;
    }
    v->rationale = az_jv_str(az_jv_path(judgment, "judgment.response"));
    v->model = az_jv_str(az_jv_path(judgment, "judgment.judge_model"));
    if (!v->rationale.n)
        v->rationale = (struct az_str){0};
    if (!az_import_verdict(decision, &v->label, &strength)) {
        v->error = decision.n ? AZ_BE_OUTSIDE : AZ_BE_PARSE;
        v->error_text = decision.n ? decision : AZ_STR("the judgment has no readable decision");
    } else if (v->order == AZ_ORDER_REVERSED) {
        v->label = az_import_turn(v->label);
    }
}

/* A reward model scores each response alone: its second run says the same again,
 * and it knows no order. */
static bool repeats(az_jv first, az_jv second)
{
    double a[2], b[2];
    return scores_of(first, a) && scores_of(second, b) && a[0] == b[1] && a[1] == b[0];
}

static int vote(struct az_import *im, az_jv pair, az_jv first, az_jv judgment, int number,
                struct az_error *err)
{
    struct az_vote v = az_vote_new();
    az_jv second = az_jv_next(first);
    double s[2];
    bool alone = !second || repeats(first, second);
    v.order = number ? AZ_ORDER_REVERSED : AZ_ORDER_LISTED;
    v.sample = 0;
    read_decision(judgment, &v);
    /* A call that failed names nobody: the judge is the other's. */
    v.judge = judge_of(im, pair,
                       az_jv_type(judgment) == AZ_J_OBJECT ? judgment
                       : number                            ? first
                                                           : second);
    if (scores_of(judgment, s)) {
        v.has_score = v.difference = true;
        v.score = number ? s[1] - s[0] : s[0] - s[1];
        v.order = alone ? AZ_ORDER_NONE : v.order;
        if (s[0] == s[1]) /* the source takes the second shown: that is no preference */
            v.label = AZ_STR("tie");
    }
    return az_import_vote(im, &v, err);
}

int az_form_judgebench(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    az_jv a = record->json, judgments = az_jv_get(a, "judgments");
    int strength;
    struct az_subject s = {.id = az_import_text(im, az_jv_get(a, "pair_id")),
                           .other_id = az_import_text(im, az_jv_get(a, "original_id")),
                           .prompt = field(a, "question"),
                           .n_responses = 2,
                           .responses = {field(a, "response_A"), field(a, "response_B")}};
    if (!s.id.n || !s.responses[0].p || !s.responses[1].p)
        return az_fail(err, AZ_EINVAL, "no 'pair_id', 'response_A' and 'response_B'");
    if (az_jv_type(judgments) != AZ_J_ARRAY)
        return az_fail(err, AZ_EINVAL, "no 'judgments'");
    if (az_import_verdict(field(a, "label"), &s.gold, &strength) && !strength)
        s.gold = (struct az_str){0};
    int r = az_import_about(im, &s, err), number = 0;
    az_jv first = az_jv_first(judgments);
    for (az_jv j = first; r == 0 && j && number < 2; j = az_jv_next(j), number++) {
        if (number && repeats(first, j))
            im->counts.skipped++;
        else
            r = vote(im, a, first, j, number, err);
    }
    return r;
}
