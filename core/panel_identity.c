/* core/panel_identity.c: hashes of what was asked. Two judges with one hash
 * would be asked the very same, so their ballots may stand for each other:
 * policy, limits, prices, weights and addresses are left out. */
#include "core/instruct.h"
#include "core/panel_parts.h"
#include "core/prompt.h"

static void put(struct az_hasher *h, const char *z)
{
    az_hasher_str(h, az_str(z));
}

static void put_question(struct az_hasher *h, const struct az_question *q)
{
    put(h, az_kind_words[q->kind]);
    put(h, q->ask);
    az_hasher_int(h, q->kind == AZ_PAIR && q->ties);
    az_hasher_int(h, (int64_t)q->n_labels);
    for (size_t i = 0; i < q->n_labels; i++) {
        put(h, q->labels[i]);
        put(h, q->meanings ? q->meanings[i] : NULL);
    }
    az_hasher_double(h, q->scale_min);
    az_hasher_double(h, q->scale_max);
    az_hasher_double(h, q->step);
    az_hasher_int(h, (int64_t)q->n_levels);
    for (size_t i = 0; i < q->n_levels; i++) {
        az_hasher_double(h, q->levels[i].at);
        put(h, q->levels[i].text);
    }
}

static void put_clip(struct az_hasher *h, const struct az_clip *c)
{
    az_hasher_int(h, c->prompt);
    az_hasher_int(h, c->response);
    az_hasher_int(h, c->reference);
    az_hasher_int(h, c->context);
}

/* The text that is used, so that a new default is a new question. */
static const char *template_of(const struct az_panel *p, const struct az_judge *j)
{
    if (j && j->template)
        return j->template;
    return p->template ? p->template : az_template_default(&p->question);
}

static void put_map(struct az_hasher *h, const struct az_judge *j)
{
    az_hasher_int(h, (int64_t)j->n_map);
    for (size_t i = 0; i < j->n_map; i++) {
        az_hasher_double(h, j->map[i].at_least);
        az_hasher_int(h, j->map[i].label);
    }
}

/* Who answers a local judge is the kind itself; a chat model is the same model at
 * any address. */
static const char *local_kind(const struct az_panel *p, const struct az_judge *j)
{
    const struct az_backend *b = j->backend_at < 0 ? NULL : &p->backends[j->backend_at];
    return b && az_backend_is_local(b) ? b->kind : NULL;
}

static struct az_hash judge_identity(const struct az_panel *p, const struct az_judge *j)
{
    struct az_hasher h;
    az_hasher_init(&h);
    put(&h, "judge/1");
    az_hasher_int(&h, AZ_INSTRUCT_VERSION);
    put(&h, local_kind(p, j));
    put_question(&h, &p->question);
    put_clip(&h, &p->clip);
    put(&h, template_of(p, j));
    put(&h, j->model);
    put(&h, j->persona);
    put(&h, az_answer_words[j->answer]);
    put(&h, j->regex);
    az_hasher_int(&h, j->max_tokens);
    az_hasher_int(&h, j->has_temperature);
    az_hasher_double(&h, j->temperature);
    az_hasher_int(&h, j->has_seed);
    az_hasher_int(&h, j->seed);
    put(&h, j->extra);
    put_map(&h, j);
    return az_hasher_end(&h);
}

void az_panel_identify(struct az_panel *p)
{
    struct az_hasher h;
    az_hasher_init(&h);
    put(&h, "panel/1");
    put_question(&h, &p->question);
    put(&h, template_of(p, NULL));
    p->identity = az_hasher_end(&h);
    for (size_t i = 0; i < p->n_judges; i++)
        p->judges[i].identity = judge_identity(p, &p->judges[i]);
}
