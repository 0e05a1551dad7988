/* client/cli/io_sources_panel.c: whose ballots these are: PANEL, a job's own, or
 * what all sources show together. */
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/io_panel.h"
#include "client/cli/io_sources_state.h"
#include "core/hash.h"
#include "core/io_file.h"
#include "core/mem.h"

/* ---- is it one question, and is a judge the same everywhere? ---- */

static int same_judge(const struct az_judge *a, const struct az_judge *b, const char *dir,
                      struct az_error *err)
{
    if (az_hash_eq(&a->identity, &b->identity))
        return 0;
    az_fail(err, AZ_ECHANGED,
            "'%s': judge '%s' was asked otherwise: another question, template, model or parameter",
            dir, b->name);
    az_hint(err, "Give one of the two another name, or work them out apart.");
    return AZ_ECHANGED;
}

static int check_job(const struct az_panel *panel, const struct az_source_job *job,
                     struct az_error *err)
{
    const struct az_panel *own = job->stored.panel;
    int r = az_question_same(&panel->question, &own->question, err);
    if (r < 0) {
        az_hint(err, "What is worked out together must answer one question.");
        return az_wrap(err, "'%s'", job->dir);
    }
    for (size_t j = 0; r == 0 && j < own->n_judges; j++) {
        int at = az_panel_judge_find(panel, az_str(own->judges[j].name));
        if (at >= 0)
            r = same_judge(&panel->judges[at], &own->judges[j], job->dir, err);
    }
    return r;
}

/* ---- the question, where no job and no PANEL says it ---- */

/* Items are read twice: as the kind that needs two responses, else as the one
 * that needs one; only their number and gold are wanted. */
static int guess_line(struct az_sources *s, struct az_guess *g, const struct az_line *line)
{
    static const enum az_kind kinds[] = {AZ_BEST, AZ_CHOICE};
    struct az_str gold = {0};
    for (size_t i = 0; i < AZ_LEN(kinds); i++) {
        struct az_panel any = {.question.kind = kinds[i]};
        AZ_AUTO(item) item = NULL;
        int r = az_item_parse(&any, line->text, line->number, &item, NULL);
        if (r == AZ_ENOMEM)
            return r;
        if (r < 0)
            continue;
        az_guess_item(g, item->n_responses);
        gold = s->golds ? az_golds_find(s->golds, item->id) : (struct az_str){0};
        return az_guess_gold(g, s->roster.arena, gold.p ? gold : item->gold_json);
    }
    return 0; /* a bad line is told when items are read */
}

static int guess_items(struct az_sources *s, struct az_guess *g, struct az_error *err)
{
    AZ_AUTO(lines) lines = NULL;
    struct az_line line;
    int r = az_lines_open_fd(s->items_fd, s->items_path, &lines, err);
    while (r >= 0 && (r = az_lines_next(lines, &line, err)) > 0) {
        if (r == AZ_LINE_HERE && az_str_trim(line.text).n && guess_line(s, g, &line) < 0)
            return az_oom(err);
    }
    if (r < 0)
        return r;
    return lseek(s->items_fd, 0, SEEK_SET) < 0 ? az_fail(err, AZ_EIO, "'%s'", s->items_path) : 0;
}

static int guess_golds(struct az_sources *s, struct az_guess *g)
{
    for (uint32_t i = 1; s->golds && i <= s->roster.items.n; i++) {
        struct az_str gold = az_golds_find(s->golds, az_names_get(&s->roster.items, i));
        if (gold.p && az_guess_gold(g, s->roster.arena, gold) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

/* A typing error, or names that nobody mapped: the question is another one for it. */
static void tell_odd(const struct az_guess *g)
{
    AZ_AUTO_BUF names = az_buf(1024);
    az_guess_odd(g, &names);
    if (names.n)
        az_say("items have two responses, but labels are none of A, B, tie: %s; read as a choice "
               "(assize import --map LABEL=A renames them)",
               names.p);
}

static int guess_question(struct az_sources *s, bool known, struct az_question *q,
                          struct az_error *err)
{
    struct az_guess g = {0};
    bool any = false;
    int r = 0;
    if (s->n_files && !s->counts.ballots) {
        az_fail(err, AZ_EINVAL, "'%s' has verdicts without their ballots", s->files[0].path);
        az_hint(err, "Write them without --brief: what judges said is in the ballots.");
        return AZ_EINVAL;
    }
    for (size_t i = 0; r == 0 && i < s->n_files; i++) {
        const struct az_ballot_file *f = &s->files[i];
        if (!f->guess.answers)
            continue;
        if (any)
            r = az_guess_merge(&g, &f->guess, err);
        else
            g = f->guess;
        if (r < 0)
            return az_wrap(err, "'%s'", f->path);
        any = true;
    }
    if (s->items_fd >= 0)
        r = guess_items(s, &g, err);
    else if (guess_golds(s, &g) < 0)
        r = az_oom(err);
    if (r == 0)
        r = az_guess_question(&g, s->roster.arena, q, &s->n_responses, err);
    if (r < 0 && r != AZ_ENOMEM && s->n_files == 1)
        az_wrap(err, "'%s'", s->files[0].path);
    if (r == 0 && !known && q->kind == AZ_CHOICE)
        tell_odd(&g);
    return r;
}

/* ---- the panel of all who cast ballots ---- */

static int rounds_of(const struct az_sources *s)
{
    int rounds = AZ_MAX(s->roster.rounds, 1);
    for (size_t i = 0; i < s->n_jobs; i++) {
        const struct az_policy *p = &s->jobs[i].stored.panel->policy;
        if (p->kind == AZ_POLICY_DEBATE)
            rounds = AZ_MAX(rounds, p->rounds);
    }
    return rounds;
}

/* As the job asked it; its backends stay with it. */
static void seat_from_job(struct az_panel *to, const struct az_panel *from, int j)
{
    enum az_order orders[2];
    int n = az_judge_orders(from, j, orders);
    struct az_judge *judge = &to->judges[to->n_judges++];
    *judge = from->judges[j];
    judge->backend_at = -1;
    judge->weight = 1;
    judge->orders = n == 2                       ? AZ_ORDERS_BOTH
                    : orders[0] == AZ_ORDER_NONE ? AZ_ORDERS_NONE
                                                 : AZ_ORDERS_ONE;
}

static int seat_casters(struct az_sources *s, struct az_panel *p)
{
    for (size_t i = 0; i < s->roster.judges.n; i++) {
        const struct az_caster *c = &s->roster.casters[i];
        int at = az_panel_judge_find(p, az_str(c->name));
        if (at < 0 && az_caster_seat(p, c) < 0)
            return AZ_ENOMEM;
        if (at >= 0)
            p->judges[at].samples = AZ_MAX(p->judges[at].samples, c->samples);
    }
    return 0;
}

static int make_panel(struct az_sources *s, const struct az_question *q, struct az_error *err)
{
    size_t n = s->roster.judges.n;
    for (size_t i = 0; i < s->n_jobs; i++)
        n += s->jobs[i].stored.panel->n_judges;
    s->made = az_panel_of(q, n, rounds_of(s));
    if (!s->made)
        return az_oom(err);
    for (size_t i = 0; i < s->n_jobs; i++) {
        const struct az_panel *own = s->jobs[i].stored.panel;
        int r = check_job(s->made, &s->jobs[i], err);
        if (r < 0)
            return r;
        for (int j = 0; j < (int)own->n_judges; j++) {
            if (az_panel_judge_find(s->made, az_str(own->judges[j].name)) < 0)
                seat_from_job(s->made, own, j);
        }
    }
    return seat_casters(s, s->made) < 0 ? az_oom(err) : 0;
}

/* ---- a file against a question that is given ---- */

static bool fits(const struct az_guess *g, const struct az_question *q)
{
    double number;
    if (!g->answers)
        return true; /* nothing readable is nothing wrong */
    if (q->kind == AZ_SCORE && g->scores)
        return true;
    for (size_t i = 0; i < AZ_MIN(g->n_labels, (size_t)AZ_LABELS_MAX); i++) {
        struct az_str label = az_str(g->labels[i]);
        if (q->kind == AZ_SCORE
                ? az_str_double(label, &number)
                : az_label_find(q, q->kind == AZ_BEST ? AZ_RESPONSES_MAX : q->n_labels, label) !=
                      AZ_LABEL_NONE)
            return true;
    }
    return g->tie && q->kind == AZ_PAIR;
}

static int check_files(const struct az_sources *s, const struct az_sources_options *options,
                       struct az_error *err)
{
    for (size_t i = 0; i < s->n_files; i++) {
        const struct az_ballot_file *f = &s->files[i];
        if (fits(&f->guess, &s->panel->question))
            continue;
        az_fail(err, AZ_ECHANGED, "'%s': none of its answers is one of the question's", f->path);
        bool learnt = options->question && s->panel == s->made && !s->n_jobs;
        az_hint(err, "The question is %s'%s'; what is worked out together must answer one.",
                learnt ? "the calibration's, " : "", az_kind_name(s->panel->question.kind));
        return AZ_ECHANGED;
    }
    return 0;
}

/* ---- whose seat is whose ---- */

/* A judge of PANEL whose backend is recorded is named by its model in the file. */
static int find_seat(const struct az_panel *p, const char *name)
{
    int at = az_panel_judge_find(p, az_str(name));
    for (size_t j = 0; at < 0 && j < p->n_judges; j++) {
        const struct az_judge *judge = &p->judges[j];
        if (judge->backend_at >= 0 && !strcmp(p->backends[judge->backend_at].kind, "recorded") &&
            judge->model && !strcmp(judge->model, name))
            at = (int)j;
    }
    return at;
}

static const char *sort_of_backend(const struct az_panel *p, const struct az_judge *j)
{
    const char *kind = j->backend_at >= 0 ? p->backends[j->backend_at].kind : "";
    if (!strcmp(kind, "openai") || !strcmp(kind, "anthropic"))
        return "llm";
    return !strcmp(kind, "lexical") ? "lexical" : NULL;
}

static int map_judges(struct az_sources *s, struct az_error *err)
{
    const struct az_panel *p = s->panel;
    s->caster_at = az_alloc((s->roster.judges.n + 1) * sizeof(*s->caster_at));
    s->sorts = az_zalloc((p->n_judges + 1) * sizeof(*s->sorts));
    s->passed = az_zalloc(s->roster.items.n + 1);
    if (!s->caster_at || !s->sorts || !s->passed)
        return az_oom(err);
    for (size_t i = 0; i < s->n_jobs; i++) {
        struct az_source_job *job = &s->jobs[i];
        const struct az_panel *own = job->stored.panel;
        for (size_t j = 0; j < own->n_judges; j++) {
            job->to_panel[j] = az_panel_judge_find(p, az_str(own->judges[j].name));
            if (job->to_panel[j] >= 0)
                s->sorts[job->to_panel[j]] = sort_of_backend(own, &own->judges[j]);
        }
    }
    for (size_t i = 0; i < s->roster.judges.n; i++) {
        const struct az_caster *c = &s->roster.casters[i];
        s->caster_at[i] = find_seat(p, c->name);
        if (s->caster_at[i] >= 0 && c->sort)
            s->sorts[s->caster_at[i]] = c->sort;
    }
    return 0;
}

static int find_panel(struct az_sources *s, const struct az_sources_options *options,
                      struct az_error *err)
{
    struct az_question q;
    int r = 0;
    if (options->panel) {
        r = az_panel_load_elsewhere(options->panel, NULL, NULL, &s->loaded, err);
        s->panel = s->loaded;
        for (size_t i = 0; r == 0 && i < s->n_jobs; i++)
            r = check_job(s->panel, &s->jobs[i], err);
    } else if (s->n_jobs == 1 && !s->n_files) {
        s->panel = s->jobs[0].stored.panel;
    } else {
        if (s->n_jobs)
            q = s->jobs[0].stored.panel->question;
        else
            r = guess_question(s, options->question, &q, err);
        if (r == 0 && !s->n_jobs && options->question)
            q = *options->question; /* what was learnt is of no other */
        if (r == 0)
            r = make_panel(s, &q, err);
        s->panel = s->made;
    }
    return r;
}

int az_sources_choose_panel(struct az_sources *s, const struct az_sources_options *options,
                            struct az_error *err)
{
    int r = find_panel(s, options, err);
    if (r == 0)
        r = check_files(s, options, err);
    if (r == 0)
        r = map_judges(s, err);
    if (r == 0 && s->panel->question.kind == AZ_PAIR)
        s->n_responses = 2;
    return r;
}
