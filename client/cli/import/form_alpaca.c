/* AlpacaEval's annotations: a list of {instruction, output_1, output_2, generator_1,
 * generator_2, annotator, preference}. `preference` is 1 for the first output, 2 for
 * the second, what lies between them leans, 1.5 (0 in old files) is even
 * (tatsu-lab/alpaca_eval, pairwise annotators). AlpacaEval undoes its random
 * switch before it writes, and then nothing says which output was shown first; a
 * file that still has `is_switched_outputs` has outputs and preference as shown. */
#include "client/cli/import/forms.h"

static struct az_str field(az_jv v, const char *key)
{
    return az_jv_str(az_jv_get(v, key));
}

/* Both halves of an AlpacaFarm prompt, as items read them. */
static struct az_str prompt_of(struct az_import *im, az_jv v)
{
    struct az_str instruction = field(v, "instruction"), input = field(v, "input");
    if (!input.n)
        return instruction;
    AZ_AUTO_BUF both = az_buf(AZ_BUF_MAX);
    az_buf_str(&both, instruction);
    az_buf_z(&both, "\n\n");
    az_buf_str(&both, input);
    return both.failed ? instruction : az_arena_str(im->arena, az_buf_view(&both));
}

static void lean(struct az_vote *v, double toward_b)
{
    v->n_probs = 2;
    v->prob_labels[0] = AZ_STR("A");
    v->prob_labels[1] = AZ_STR("B");
    v->probs[0] = 1 - toward_b;
    v->probs[1] = toward_b;
}

static void read_preference(az_jv value, struct az_vote *v)
{
    double p;
    if (!az_jv_num(value, &p)) {
        v->error = AZ_BE_PARSE;
        v->error_text = AZ_STR("no preference is recorded");
        return;
    }
    if (p != 0 && (p < 1 || p > 2)) {
        v->error = AZ_BE_OUTSIDE;
        v->error_text = AZ_STR("the preference is not from 1 to 2");
        return;
    }
    v->label = p == 0 || p == 1.5 ? AZ_STR("tie") : p < 1.5 ? AZ_STR("A") : AZ_STR("B");
    if (p > 1 && p < 2 && p != 1.5)
        lean(v, p - 1);
}

static void set_switched(az_jv switched, struct az_subject *s, struct az_vote *v)
{
    if (az_jv_type(switched) != AZ_J_BOOL)
        return;
    v->order = az_jv_true(switched) ? AZ_ORDER_REVERSED : AZ_ORDER_LISTED;
    if (v->order == AZ_ORDER_LISTED)
        return;
    struct az_str first = s->responses[0];
    s->responses[0] = s->responses[1];
    s->responses[1] = first;
    v->label = az_import_turn(v->label);
    for (size_t i = 0; i < v->n_probs; i++)
        v->prob_labels[i] = az_import_turn(v->prob_labels[i]);
}

int az_form_alpaca(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    az_jv a = record->json;
    struct az_subject s = {.id = az_import_text(im, az_jv_get(a, "id")),
                           .prompt = prompt_of(im, a),
                           .n_responses = 2,
                           .responses = {field(a, "output_1"), field(a, "output_2")}};
    struct az_str systems[2] = {field(a, "generator_1"), field(a, "generator_2")};
    if (!s.prompt.p || !s.responses[0].p || !s.responses[1].p)
        return az_fail(err, AZ_EINVAL, "no 'instruction', 'output_1' and 'output_2'");
    if (!az_jv_get(a, "preference"))
        return az_fail(err, AZ_EINVAL, "no 'preference'");
    if (systems[0].p && systems[1].p) {
        memcpy(s.systems, systems, sizeof(systems));
        s.n_systems = 2;
    }
    struct az_vote v = az_vote_new();
    double seconds;
    v.judge = field(a, "annotator");
    v.rationale = field(a, "raw_completion");
    v.has_usd = az_jv_num(az_jv_get(a, "price_per_example"), &v.usd);
    if (az_jv_num(az_jv_get(a, "time_per_example"), &seconds) && seconds >= 0 && seconds < 1e9)
        v.ms = (int64_t)(seconds * 1000);
    read_preference(az_jv_get(a, "preference"), &v);
    set_switched(az_jv_get(a, "is_switched_outputs"), &s, &v);
    int r = az_import_about(im, &s, err);
    return r < 0 ? r : az_import_vote(im, &v, err);
}
