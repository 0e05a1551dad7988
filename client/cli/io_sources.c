#include "client/cli/io_sources.h"

#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/io_sources_state.h"
#include "client/cli/io_spool.h"
#include "core/hash.h"
#include "core/io_file.h"
#include "core/io_gold.h"
#include "core/mem.h"
#include "core/seen.h"

enum { BAD_SHOWN = 10, SCRATCH_MAX = INT32_MAX };

/* ---- opening ---- */

static bool is_directory(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int open_source(struct az_sources *s, const char *path, struct az_error *err)
{
    if (!is_directory(path))
        return az_ballot_file_open(&s->files[s->n_files++], path, &s->roster, err);
    struct az_source_job *job = &s->jobs[s->n_jobs];
    job->dir = path;
    int r = az_stored_job_open(path, &job->stored, err);
    s->n_jobs += r == 0;
    return r;
}

static int open_all(struct az_sources *s, const char *const *paths, size_t n,
                    const struct az_sources_options *options, struct az_error *err)
{
    s->jobs = az_zalloc((n + 1) * sizeof(*s->jobs));
    s->files = az_zalloc((n + 1) * sizeof(*s->files));
    if (!s->jobs || !s->files)
        return az_oom(err);
    int r = options->gold ? az_golds_read(options->gold, &s->golds, err) : 0;
    s->items_path = options->items;
    if (r == 0 && options->items)
        r = az_spool_open(options->items, &s->items_fd, err);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = open_source(s, paths[i], err);
    for (size_t i = 0; i < s->n_files; i++) {
        s->bad_source_lines += s->files[i].bad_lines;
        s->counts.ballots += s->files[i].ballots;
    }
    return r < 0 ? r : az_sources_choose_panel(s, options, err);
}

int az_sources_open(const char *const *paths, size_t n, const struct az_sources_options *options,
                    struct az_sources **ret, struct az_error *err)
{
    AZ_AUTO(sources) s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->items_fd = -1;
    int r = open_all(s, paths, n, options, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(s);
    return 0;
}

void az_sources_free(struct az_sources *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_files; i++)
        az_ballot_file_release(&s->files[i]);
    for (size_t i = 0; i < s->n_jobs; i++)
        az_stored_job_close(&s->jobs[i].stored);
    if (s->items_fd >= 0)
        close(s->items_fd);
    az_panel_free(s->loaded);
    az_panel_free(s->made);
    az_golds_free(s->golds);
    az_roster_release(&s->roster);
    free(s->jobs);
    free(s->files);
    free(s->caster_at);
    free(s->passed);
    free(s->sorts);
    free(s);
}

const struct az_panel *az_sources_panel(const struct az_sources *s)
{
    return s->panel;
}

bool az_sources_by_all(const struct az_sources *s)
{
    return s->panel == s->made;
}

const char *az_sources_judge_sort(const struct az_sources *s, size_t judge)
{
    return s->sorts[judge];
}

size_t az_sources_n_responses(const struct az_sources *s)
{
    return s->n_responses;
}

/* ---- one item ---- */

struct pass {
    struct az_sources *s;
    az_found_fn *each;
    void *arg;
    struct az_seen_ids seen; /* of ITEMS */
    struct az_buf scratch;

    /* Of the item at hand. */
    struct az_found found;
    struct az_ballot *v;
    size_t n, cap;
    bool asked_gold; /* a job asked it with a true answer */
    bool job_has_it;
    bool from_files;
};

static int put_ballot(struct pass *p, const struct az_ballot *b, int judge)
{
    if (judge < 0) {
        p->s->counts.unseated++;
        return 0;
    }
    if (az_grow(&p->v, &p->cap, p->n + 1, sizeof(*p->v)) < 0)
        return AZ_ENOMEM;
    p->v[p->n] = *b;
    p->v[p->n].key.judge = judge;
    p->v[p->n++].key.item = p->found.item->seq;
    return 0;
}

/* The item's own, or the job's where it has none. */
static int gold_from_job(struct pass *p, const struct az_item *stored, struct az_error *err)
{
    bool has = stored->gold.n || stored->gold.has_number;
    p->asked_gold |= has;
    if (!has || p->found.item == stored || p->found.item->gold_json.p)
        return 0;
    return az_item_set_gold(p->s->panel, p->found.item, stored->gold_json, err);
}

/* `copy`: the case ends before the item does. */
static int take_case(struct pass *p, const struct az_source_job *job, const struct az_case *c,
                     bool copy, struct az_error *err)
{
    p->job_has_it = true;
    if (p->found.verdict.status == AZ_OPEN)
        p->found.verdict = c->verdict;
    int r = gold_from_job(p, c->item, err);
    for (size_t i = 0; r == 0 && i < c->ballots.n; i++) {
        const struct az_ballot *b = &c->ballots.v[i];
        struct az_ballot own = *b;
        if (copy && az_ballot_copy(p->found.item->arena, b, &own) < 0)
            return az_oom(err);
        if (put_ballot(p, &own, job->to_panel[b->key.judge]) < 0)
            return az_oom(err);
    }
    return r;
}

struct lookup {
    struct pass *p;
    const struct az_source_job *job;
};

static int take_found(void *arg, const struct az_case *c, struct az_error *err)
{
    struct lookup *l = arg;
    if (l->p->s->items_path && !az_hash_eq(&c->item->content, &l->p->found.item->content)) {
        l->p->s->counts.changed++;
        return 0;
    }
    return take_case(l->p, l->job, c, true, err);
}

static int take_from_job(struct pass *p, const struct az_source_job *job, struct az_error *err)
{
    struct lookup l = {p, job};
    struct az_error why = {0};
    int r = az_store_one(job->stored.reader, job->stored.panel, p->found.item->id, take_found, &l,
                         &why);
    if (r == AZ_ENOENT)
        return 0;
    if (r < 0)
        *err = why;
    return r;
}

static int take_line(void *arg, struct az_ballot_line *l, struct az_error *err)
{
    struct pass *p = arg;
    const struct az_question *q = &p->s->panel->question;
    struct az_item *item = p->found.item;
    int64_t line;
    p->from_files = true;
    if (l->verdict && !p->s->items_path && !p->job_has_it &&
        az_jv_int(az_jv_get(l->verdict, "line"), &line))
        item->line = line;
    if (l->verdict && p->found.verdict.status == AZ_OPEN &&
        az_ballot_line_verdict(l, q, item, item->arena, &p->found.verdict) < 0)
        return az_oom(err);
    int r;
    while ((r = az_ballot_line_next(l, err)) > 0) {
        struct az_ballot b;
        uint32_t caster = az_names_find(&p->s->roster.judges, l->row.judge);
        if (az_ballot_line_ballot(l, q, item, item->arena, &b) < 0 ||
            put_ballot(p, &b, p->s->caster_at[caster - 1]) < 0)
            return az_oom(err);
        p->s->counts.outside += b.error == AZ_BE_OUTSIDE && l->row.error == AZ_BE_NONE;
    }
    return r;
}

static int take_from_files(struct pass *p, struct az_error *err)
{
    uint32_t number = az_names_find(&p->s->roster.items, p->found.item->id);
    int r = 0;
    if (number == AZ_NAME_NONE)
        return 0;
    p->s->passed[number - 1] = 1;
    for (size_t i = 0; r == 0 && i < p->s->n_files; i++)
        r = az_ballot_file_item(&p->s->files[i], number, &p->scratch, take_line, p, err);
    return r;
}

/* Ballots of several sources become one set. */
static int settle(struct pass *p, struct az_error *err)
{
    struct az_sources *s = p->s;
    struct az_ballot *v = p->v;
    if (p->from_files || s->n_jobs > 1) {
        int gone = az_ballots_unique(v, &p->n);
        if (gone < 0)
            return az_oom(err);
        s->counts.duplicates += gone;
    }
    size_t n = p->n;
    if (p->from_files && az_ballots_fit(p->found.item->arena, s->panel, &v, &n) < 0)
        return az_oom(err);
    p->found.ballots = (struct az_ballots){v, n};
    return 0;
}

static int set_gold(struct pass *p, struct az_error *err)
{
    struct az_item *item = p->found.item;
    struct az_str gold = p->s->golds ? az_golds_find(p->s->golds, item->id) : (struct az_str){0};
    int r = gold.p ? az_item_set_gold(p->s->panel, item, gold, err) : 0;
    p->found.weight = gold.p ? az_golds_weight(p->s->golds, item->id) : 1;
    bool known = item->gold.n || item->gold.has_number;
    p->s->counts.golds += known;
    p->s->counts.own_golds += known && p->s->golds && !gold.p;
    p->s->counts.unknown_golds += item->gold.unknown.p != NULL;
    return r;
}

static void start(struct pass *p, struct az_item *item)
{
    p->found = (struct az_found){.item = item,
                                 .verdict = {.status = AZ_OPEN, .label = AZ_LABEL_NONE, .how = ""}};
    p->n = 0;
    p->asked_gold = p->job_has_it = p->from_files = false;
}

/* Jobs from `first_job` on, files, and out with it. */
static int finish(struct pass *p, size_t first_job, struct az_error *err)
{
    struct az_sources *s = p->s;
    int r = 0;
    for (size_t i = first_job; r == 0 && i < s->n_jobs; i++)
        r = take_from_job(p, &s->jobs[i], err);
    if (r == 0)
        r = take_from_files(p, err);
    if (r == 0)
        r = settle(p, err);
    if (r == 0)
        r = set_gold(p, err);
    if (r < 0)
        return r;
    struct az_found *f = &p->found;
    f->asked_with_gold =
        p->job_has_it ? p->asked_gold : f->item->gold.n || f->item->gold.has_number;
    f->open = p->job_has_it && f->verdict.status == AZ_OPEN;
    s->counts.items++;
    return p->each(p->arg, f, err);
}

/* ---- in which order ---- */

struct streaming {
    struct pass *p;
    size_t job;
};

static bool in_earlier_job(const struct pass *p, size_t job, struct az_str id)
{
    for (size_t i = 0; i < job; i++) {
        struct az_stored stored;
        if (az_store_find(p->s->jobs[i].stored.reader, id, &stored, NULL) == 0)
            return true;
    }
    return false;
}

static int on_case(void *arg, const struct az_case *c, struct az_error *err)
{
    struct streaming *st = arg;
    struct pass *p = st->p;
    if (in_earlier_job(p, st->job, c->item->id))
        return 0;
    start(p, (struct az_item *)c->item);
    int r = take_case(p, &p->s->jobs[st->job], c, false, err);
    return r < 0 ? r : finish(p, st->job + 1, err);
}

static int each_of_jobs(struct pass *p, struct az_error *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < p->s->n_jobs; i++) {
        struct streaming st = {p, i};
        const struct az_stored_job *job = &p->s->jobs[i].stored;
        r = az_store_each(job->reader, job->panel, on_case, &st, err);
    }
    return r;
}

/* An item of which nothing is known but its id. */
static struct az_item *bare_item(const struct az_sources *s, uint32_t number)
{
    static const size_t bytes = 2048;
    struct az_item *item = az_item_new(bytes);
    bool one = s->panel->question.kind == AZ_CHOICE || s->panel->question.kind == AZ_SCORE;
    if (!item)
        return NULL;
    item->n_responses = one ? 1 : s->n_responses ? s->n_responses : AZ_RESPONSES_MAX;
    item->responses = az_arena_zalloc(item->arena, item->n_responses * sizeof(*item->responses));
    item->id = az_arena_str(item->arena, az_names_get(&s->roster.items, number));
    if (!item->responses || !item->id.p) {
        az_item_free(item);
        return NULL;
    }
    for (size_t i = 0; i < item->n_responses; i++)
        item->responses[i] = AZ_STR("");
    item->seq = item->line = number;
    item->content = az_hash_of(item->id); /* its own cluster */
    return item;
}

static int each_of_files(struct pass *p, struct az_error *err)
{
    struct az_sources *s = p->s;
    int r = 0;
    for (uint32_t number = 1; r == 0 && number <= s->roster.items.n; number++) {
        if (s->passed[number - 1])
            continue;
        AZ_AUTO(item) item = bare_item(s, number);
        if (!item)
            return az_oom(err);
        start(p, item);
        r = finish(p, s->n_jobs, err);
    }
    return r;
}

static void tell_bad_item(struct az_sources *s, int64_t line, const char *what)
{
    s->bad_items++;
    if (s->bad_items <= BAD_SHOWN)
        az_say("%s: line %lld: %s", s->items_path, (long long)line, what);
    else if (s->bad_items == BAD_SHOWN + 1)
        az_say("%s: more bad lines are counted, not shown", s->items_path);
}

static int on_item_line(struct pass *p, const struct az_line *line, bool too_long,
                        struct az_error *err)
{
    struct az_error why = {0};
    AZ_AUTO(item) item = NULL;
    if (!too_long && !az_str_trim(line->text).n)
        return 0;
    int r = too_long ? az_fail(&why, AZ_ELIMIT, "%lld bytes, at most %d are read",
                               (long long)line->bytes, AZ_LINE_MAX)
                     : az_item_parse(p->s->panel, line->text, line->number, &item, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0) {
        tell_bad_item(p->s, line->number, why.what);
        return 0;
    }
    int seen = az_seen_ids_add(&p->seen, item->id, &item->content);
    if (seen < 0)
        return az_oom(err);
    if (seen != AZ_SEEN_NEW) {
        p->s->counts.doubles++;
        return 0;
    }
    item->seq = p->s->counts.items;
    start(p, item);
    return finish(p, 0, err);
}

static int each_of_items(struct pass *p, struct az_error *err)
{
    struct az_sources *s = p->s;
    AZ_AUTO(lines) lines = NULL;
    struct az_line line;
    s->bad_items = 0;
    if (lseek(s->items_fd, 0, SEEK_SET) < 0)
        return az_fail(err, AZ_EIO, "'%s' can't be read again", s->items_path);
    int r = az_lines_open_fd(s->items_fd, s->items_path, &lines, err);
    int got;
    while (r == 0 && (got = az_lines_next(lines, &line, err)) != AZ_LINE_END)
        r = got < 0 ? got : on_item_line(p, &line, got == AZ_LINE_LONG, err);
    if (r == 0)
        r = az_lines_check_any(lines, err);
    for (size_t i = 0; i < s->roster.items.n; i++)
        s->counts.strangers += !s->passed[i];
    return r;
}

int az_sources_each(struct az_sources *s, az_found_fn *each, void *arg, struct az_error *err)
{
    struct pass p = {.s = s, .each = each, .arg = arg, .scratch = az_buf(SCRATCH_MAX)};
    s->counts = (struct az_sources_counts){.ballots = s->counts.ballots};
    memset(s->passed, 0, s->roster.items.n);
    int r;
    if (s->items_path) {
        r = each_of_items(&p, err);
    } else {
        r = each_of_jobs(&p, err);
        if (r == 0)
            r = each_of_files(&p, err);
    }
    s->counts.bad_lines = s->bad_source_lines + s->bad_items;
    az_seen_ids_release(&p.seen);
    az_buf_release(&p.scratch);
    free(p.v);
    return r;
}

struct az_sources_counts az_sources_counts(const struct az_sources *s)
{
    return s->counts;
}

/* ---- the sample ---- */

static int add_to_corpus(void *arg, struct az_found *f, struct az_error *err)
{
    int r = az_corpus_add(arg, f->item, f->ballots, f->verdict.early, err);
    if (r == 0)
        az_corpus_weigh(arg, f->weight);
    return r;
}

int az_sources_corpus(struct az_sources *s, int round, struct az_corpus *ret, struct az_error *err)
{
    struct az_corpus_options options = {.n_responses = s->n_responses, .round = round};
    int r = az_corpus_init(ret, s->panel, &options, err);
    return r < 0 ? r : az_sources_each(s, add_to_corpus, ret, err);
}

/* ---- what was odd ---- */

static void tell(int64_t n, const char *one, const char *many)
{
    if (n == 1)
        az_say("1 %s", one);
    else if (n > 1)
        az_say("%lld %s", (long long)n, many);
}

bool az_sources_gold_missed(const struct az_sources *s)
{
    return s->golds && s->counts.items && !s->counts.golds;
}

void az_sources_tell(const struct az_sources *s)
{
    const struct az_sources_counts *c = &s->counts;
    tell(c->bad_lines, "line could not be read", "lines could not be read");
    tell(c->duplicates, "ballot is there twice: the first counts",
         "ballots are there twice: the first counts");
    tell(c->unseated, "ballot is of a judge that the panel does not seat",
         "ballots are of judges that the panel does not seat");
    tell(c->outside, "answer is none of the question's", "answers are none of the question's");
    tell(c->strangers, "item has ballots but is not in the items: left out",
         "items have ballots but are not in the items: left out");
    tell(c->changed, "item is not what the job asked about: its ballots are left out",
         "items are not what the job asked about: their ballots are left out");
    tell(c->doubles, "line of the items repeats an id: the first counts",
         "lines of the items repeat an id: the first counts");
    tell(c->unknown_golds, "item has a true answer that is none of the question's: not compared",
         "items have a true answer that is none of the question's: not compared");
    tell(c->own_golds,
         "item is not in the --gold file and has a true answer of its own: it counts too",
         "items are not in the --gold file and have true answers of their own: they count too");
    if (az_sources_gold_missed(s))
        az_say("none of the true answers' ids is an item's");
}
