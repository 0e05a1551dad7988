/* Output of a batch API: one reply a line, under the `custom_id` that it was asked
 * with. OpenAI: {custom_id, response: {status_code, body}, error}. Anthropic:
 * {custom_id, result: {type, message | error}}. The reply's text is read by the
 * panel's answer form, as a worker would. */
#include "client/cli/import/forms.h"
#include "workers/answer.h"
#include "workers/backend.h"

/* ---- what the custom_id says ---- */

struct named {
    struct az_str item, judge, order, sample;
};

static struct az_str *place_of(struct named *n, struct az_str name)
{
    if (az_str_eqz(name, "item"))
        return &n->item;
    if (az_str_eqz(name, "judge"))
        return &n->judge;
    if (az_str_eqz(name, "order"))
        return &n->order;
    return az_str_eqz(name, "sample") ? &n->sample : NULL;
}

/* "{item}-{order}" against "a-b-AB", from the right: the first name takes what the
 * others leave. False: it does not fit. */
static bool match(struct az_str pattern, struct az_str id, struct named *ret)
{
    while (pattern.n) {
        if (pattern.p[pattern.n - 1] != '}') {
            if (!id.n || id.p[id.n - 1] != pattern.p[pattern.n - 1])
                return false;
            pattern.n--;
            id.n--;
            continue;
        }
        ptrdiff_t open = az_str_rfind(pattern, AZ_STR("{"));
        struct az_str *to = open < 0 ? NULL
                                     : place_of(ret, (struct az_str){pattern.p + open + 1,
                                                                     pattern.n - (size_t)open - 2});
        if (!to)
            return false;
        pattern.n = (size_t)open;
        ptrdiff_t before = az_str_rfind(pattern, AZ_STR("}"));
        struct az_str between = {pattern.p + before + 1, pattern.n - (size_t)(before + 1)};
        ptrdiff_t at = !between.n ? (before < 0 ? 0 : -1) : az_str_rfind(id, between);
        if (at < 0)
            return false;
        size_t from = (size_t)at + between.n;
        *to = (struct az_str){id.p + from, id.n - from};
        id.n = from;
    }
    return id.n == 0;
}

static int read_name(struct az_import *im, struct az_str id, struct named *n, struct az_vote *v,
                     struct az_error *err)
{
    const char *pattern = im->options->id_pattern;
    *n = (struct named){.item = id};
    if (pattern && (!match(az_str(pattern), id, n) || !n->item.n))
        return az_fail(err, AZ_EINVAL, "the id '" AZ_STR_FMT "' does not fit '%s'", AZ_STR_ARG(id),
                       pattern);
    int64_t sample;
    v->judge = n->judge;
    if (!n->order.n || !az_order_find(n->order, n->order.n, &v->order) || n->order.n < 2)
        v->order = AZ_ORDER_NONE;
    if (az_str_int(n->sample, &sample) && sample >= 0 && sample < INT32_MAX)
        v->sample = (int)sample;
    return 0;
}

/* ---- the reply ---- */

struct reading {
    struct az_item item;
    struct az_str texts[AZ_RESPONSES_MAX];
    struct az_backend backend;
    struct az_prompt prompt; /* what was asked is not known: empty */
    struct az_ask ask;
};

static void prepare(struct reading *rd, const char *kind, const struct az_import_options *o,
                    const struct az_vote *v, const struct named *n)
{
    *rd = (struct reading){.item = {.id = n->item, .n_responses = 2}};
    if (n->order.n > 2 && n->order.n <= AZ_RESPONSES_MAX)
        rd->item.n_responses = n->order.n;
    for (size_t i = 0; i < rd->item.n_responses; i++)
        rd->texts[i] = AZ_STR("");
    rd->item.responses = rd->texts;
    rd->backend = (struct az_backend){.name = "batch", .kind = kind};
    rd->ask = (struct az_ask){.panel = o->panel,
                              .backend = &rd->backend,
                              .judge = &o->panel->judges[o->panel_judge],
                              .item = &rd->item,
                              .prompt = &rd->prompt,
                              .key = {.round = 1, .criterion = -1, .order = v->order}};
}

static void take(struct az_import *im, const struct reading *rd, const struct az_ballot *b,
                 struct az_vote *v)
{
    const struct az_question *q = &rd->ask.panel->question;
    v->error = b->error;
    v->error_text = b->error_text;
    v->model = b->model;
    v->tokens_in = b->tokens_in;
    v->tokens_out = b->tokens_out;
    v->rationale = b->rationale;
    v->has_score = b->has_score;
    v->score = b->score;
    if (b->label != AZ_LABEL_NONE)
        v->label = az_arena_str(im->arena, az_str(az_label_name(q, b->label)));
    for (size_t i = 0; q->kind != AZ_SCORE && i < b->n_probs && i < AZ_LABELS_MAX; i++) {
        v->prob_labels[i] = az_arena_str(im->arena, az_str(az_label_name(q, (int)i)));
        v->probs[v->n_probs++] = b->probs[i];
    }
}

static int read_reply(struct az_import *im, const char *kind, long status, az_jv body,
                      const struct named *n, struct az_vote *v, struct az_error *err)
{
    struct reading rd;
    struct az_reply reply = {0};
    struct az_ballot ballot = {.label = AZ_LABEL_NONE};
    prepare(&rd, kind, im->options, v, n);
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_jv_print(&text, body);
    if (az_buf_check(&text, err) < 0)
        return err->code;
    struct az_response response = {.status = status, .body = az_buf_view(&text)};
    az_backend_kind_find(kind)->reply(&reply, &rd.ask, &response, 0);
    ballot.key = rd.ask.key;
    int r = az_answer_read(im->arena, &rd.ask, &reply, &ballot);
    if (r == 0)
        take(im, &rd, &ballot, v);
    if (!reply.model.n) /* what stands in the panel did not answer */
        v->model = (struct az_str){0};
    if (reply.has_cost) {
        v->has_usd = true;
        v->usd = (double)reply.cost / (double)AZ_NUSD_PER_USD;
    }
    az_reply_release(&reply);
    return r < 0 ? az_oom(err) : 0;
}

/* Nothing came back: the batch itself says why. */
static void no_reply(az_jv error, const char *otherwise, struct az_vote *v)
{
    struct az_str said = az_jv_str(az_jv_get(error, "message"));
    v->error = AZ_BE_SERVER;
    v->error_text = said.n ? said : az_str(otherwise);
}

static int read_line(struct az_import *im, az_jv a, const struct named *n, struct az_vote *v,
                     struct az_error *err)
{
    az_jv result = az_jv_get(a, "result"), response = az_jv_get(a, "response");
    az_jv body = az_jv_get(response, "body"), message = az_jv_get(result, "message");
    int64_t status = 200;
    if (message)
        return read_reply(im, "anthropic", 200, message, n, v, err);
    if (az_jv_type(body) == AZ_J_OBJECT) {
        az_jv_int(az_jv_get(response, "status_code"), &status);
        return read_reply(im, "openai", (long)status, body, n, v, err);
    }
    if (result)
        no_reply(az_jv_path(result, "error.error"), "the batch gave no reply", v);
    else
        no_reply(az_jv_get(a, "error"), "the batch gave no reply", v);
    return 0;
}

/* A batch asks one model as a rule: a call that failed was one to the same. */
static void name_judge(struct az_import *im, struct az_vote *v)
{
    if (v->model.n)
        snprintf(im->of_form.model, sizeof(im->of_form.model), AZ_STR_FMT, AZ_STR_ARG(v->model));
    if (!v->judge.n && !im->options->judge)
        v->judge = az_str(im->of_form.model);
}

int az_form_replies(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    az_jv a = record->json;
    struct az_str id = az_import_text(im, az_jv_get(a, "custom_id"));
    struct az_vote v = az_vote_new();
    struct named n;
    if (!id.n)
        return az_fail(err, AZ_EINVAL, "no 'custom_id'");
    if (!az_jv_get(a, "response") && !az_jv_get(a, "result") && !az_jv_get(a, "error"))
        return az_fail(err, AZ_EINVAL, "neither 'response' nor 'result'");
    int r = read_name(im, id, &n, &v, err);
    if (r == 0)
        r = read_line(im, a, &n, &v, err);
    if (r < 0)
        return r;
    struct az_subject s = {.id = n.item};
    name_judge(im, &v);
    r = az_import_about(im, &s, err);
    im->n_responses = n.order.n;
    return r < 0 ? r : az_import_vote(im, &v, err);
}
