/* Arena-Hard's judgments, one line a question and model: {question_id or uid, model,
 * judge, baseline, games: [{score, judgment}, …]}. In the first game A is the
 * baseline's answer and B the model's, in the second they are exchanged
 * (lmarena/arena-hard-auto, gen_judgment.py). The item's frame is the first game's. */
#include "client/cli/import/forms.h"

static struct az_str field(az_jv v, const char *key)
{
    return az_jv_str(az_jv_get(v, key));
}

/* Newer files keep the whole answer of the API. */
static struct az_str judgment_of(az_jv game)
{
    az_jv j = az_jv_get(game, "judgment");
    return az_jv_type(j) == AZ_J_OBJECT ? field(j, "answer") : az_jv_str(j);
}

static void read_game(az_jv game, struct az_vote *v)
{
    int strength;
    az_jv score = az_jv_get(game, "score");
    if (az_jv_type(game) != AZ_J_OBJECT) {
        v->error = AZ_BE_MISSING;
        v->error_text = AZ_STR("no judgment is recorded");
        return;
    }
    v->rationale = judgment_of(game);
    if (!az_import_verdict(az_jv_str(score), &v->label, &strength)) {
        v->error = az_jv_str(score).n ? AZ_BE_OUTSIDE : AZ_BE_PARSE;
        v->error_text =
            az_jv_str(score).n ? az_jv_str(score) : AZ_STR("the judgment has no readable verdict");
        return;
    }
    v->has_score = v->difference = true;
    v->score = strength;
    if (v->order != AZ_ORDER_REVERSED)
        return;
    v->label = az_import_turn(v->label);
    v->score = 0 - v->score;
}

/* A question is judged once for every model: the model belongs to the item's name. */
static int name(struct az_import *im, az_jv a, struct az_subject *s, struct az_error *err)
{
    struct az_str model = field(a, "model");
    az_jv uid = az_jv_get(a, "uid");
    s->other_id = az_import_text(im, uid ? uid : az_jv_get(a, "question_id"));
    if (!s->other_id.n || !model.n)
        return az_fail(err, AZ_EINVAL, "no 'uid' (or 'question_id') and 'model'");
    AZ_AUTO_BUF id = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&id, AZ_STR_FMT "/" AZ_STR_FMT, AZ_STR_ARG(s->other_id), AZ_STR_ARG(model));
    s->id = az_arena_str(im->arena, az_buf_view(&id));
    s->cluster = s->other_id;
    struct az_str baseline = field(a, "baseline");
    if (baseline.n) {
        s->systems[0] = baseline;
        s->systems[1] = model;
        s->n_systems = 2;
    }
    return s->id.p ? 0 : az_oom(err);
}

int az_form_arena(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    az_jv a = record->json, games = az_jv_get(a, "games");
    struct az_subject s = {0};
    if (az_jv_type(games) != AZ_J_ARRAY)
        return az_fail(err, AZ_EINVAL, "no 'games'");
    int r = name(im, a, &s, err);
    if (r == 0)
        r = az_import_about(im, &s, err);
    int number = 0;
    for (az_jv game = az_jv_first(games); r == 0 && game; game = az_jv_next(game), number++) {
        struct az_vote v = az_vote_new();
        v.judge = v.model = field(a, "judge");
        v.order = number % 2 ? AZ_ORDER_REVERSED : AZ_ORDER_LISTED;
        v.sample = number / 2;
        read_game(game, &v);
        r = az_import_vote(im, &v, err);
    }
    return r;
}
