/* tests/unit/dataset.h: a reference data set as one sample: items.jsonl,
 * ballots.tsv and, where there is one, scores.tsv. For tests and benchmarks.
 *
 *     struct dataset d;
 *     if (dataset_load(folder, dataset_spec("judgebench"), &d, &err) < 0) …
 *     … d.sample, d.judges …
 *     dataset_release(&d);
 *
 * Seats are folded as docs/statistics.md says ("Seat and credit"): readable
 * ballots of a seat weigh the same; where tie is no label, a tie of m answers is
 * 1/m for each. With scores.tsv a judge's answers are the best of its scores, and
 * the mean scores are its margins. Clusters are hashes of prompts; all items with
 * gold are labelled. A judge's family is what its name has before '/', or where
 * the set says so before '-'. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"
#include "core/hash.h"
#include "core/io_file.h"
#include "core/json.h"
#include "core/map.h"
#include "core/mem.h"
#include "statistics/sample.h"

enum { DATASET_JUDGES_MAX = 256, DATASET_FILE_MAX = 64 << 20 };

struct dataset_spec {
    const char *name;
    enum az_answers answers;
    const char *labels[AZ_SAMPLE_LABELS_MAX]; /* in order, NULL after the last */
    int tie;                                  /* which of them is a tie, or -1 */
    const char *kind;                         /* judges of this kind only; NULL: all */
    char family_end;                          /* '/' or '-'; 0: each judge its own */
};

static const struct dataset_spec dataset_specs[] = {
    {"judgebench", AZ_ANSWERS_EXCHANGEABLE, {"A", "B"}, -1, NULL, '/'},
    {"humanpairs", AZ_ANSWERS_EXCHANGEABLE, {"A", "B"}, -1, NULL, '/'},
    {"llmbar-casestudy", AZ_ANSWERS_EXCHANGEABLE, {"A", "B"}, -1, NULL, '/'},
    {"rewardbench2-k8", AZ_ANSWERS_EXCHANGEABLE, {"A", "B", "C", "D"}, -1, NULL, '/'},
    {"pandalm", AZ_ANSWERS_EXCHANGEABLE, {"A", "B", "tie"}, 2, "llm", 0},
    {"dices350", AZ_ANSWERS_NAMED, {"safe", "unsafe", "unsure"}, -1, NULL, 0},
    {"llmjudge", AZ_ANSWERS_ORDINAL, {"0", "1", "2", "3"}, -1, NULL, '-'},
    {"llm-rubric", AZ_ANSWERS_ORDINAL, {"1", "2", "3", "4"}, -1, "llm", '/'},
};

struct dataset {
    const struct dataset_spec *spec;
    struct az_sample sample;
    size_t n_judges;
    char *judges[DATASET_JUDGES_MAX];
    int32_t family[DATASET_JUDGES_MAX];
    double levels[AZ_SAMPLE_LABELS_MAX];
    char **ids; /* of the items */
    size_t n_ids;
};

/* NULL: there is none of that name. */
static AZ_UNUSED const struct dataset_spec *dataset_spec(const char *name)
{
    for (size_t i = 0; i < AZ_LEN(dataset_specs); i++) {
        if (strcmp(dataset_specs[i].name, name) == 0)
            return &dataset_specs[i];
    }
    return NULL;
}

static AZ_UNUSED void dataset_release(struct dataset *d)
{
    az_sample_release(&d->sample);
    for (size_t i = 0; i < d->n_judges; i++)
        free(d->judges[i]);
    for (size_t i = 0; i < d->n_ids; i++)
        free(d->ids[i]);
    free(d->ids);
    *d = (struct dataset){0};
}

/* ---- while it is read ---- */

struct dataset_item {
    uint64_t cluster;
    int gold; /* -1: none */
};

struct dataset_seats {
    size_t n_items, n_labels;
    struct dataset_item *items;
    size_t items_cap;
    struct az_map at;           /* hash of id → its place + 1 */
    double *shares, *margins;   /* [(item * DATASET_JUDGES_MAX + judge) * n_labels] */
    uint32_t *ballots, *scored; /* [item * DATASET_JUDGES_MAX + judge]: readable ones */
    bool has_scores[DATASET_JUDGES_MAX];
};

static void dataset_seats_release(struct dataset_seats *t)
{
    az_map_release(&t->at);
    free(t->items);
    free(t->shares);
    free(t->margins);
    free(t->ballots);
    free(t->scored);
}

static int dataset_label(const struct dataset_spec *spec, struct az_str text)
{
    for (int i = 0; spec->labels[i]; i++) {
        if (az_str_eqz(text, spec->labels[i]))
            return i;
    }
    return -1;
}

static int dataset_judge(struct dataset *d, struct az_str name)
{
    for (size_t i = 0; i < d->n_judges; i++) {
        if (az_str_eqz(name, d->judges[i]))
            return (int)i;
    }
    az_assert(d->n_judges < DATASET_JUDGES_MAX);
    size_t j = d->n_judges, end = 0;
    if (!(d->judges[j] = strndup(name.p, name.n)))
        return -1;
    while (end < name.n && d->spec->family_end && name.p[end] != d->spec->family_end)
        end++;
    d->family[j] = (int32_t)j;
    for (size_t i = 0; end > 0 && i < j; i++) {
        if (strncmp(d->judges[i], name.p, end) == 0 && d->judges[i][end] == d->spec->family_end) {
            d->family[j] = d->family[i];
            break;
        }
    }
    return (int)d->n_judges++;
}

static int dataset_gold(const struct dataset_spec *spec, az_jv gold)
{
    char text[32];
    double number;
    if (!az_jv_num(gold, &number))
        return dataset_label(spec, az_jv_str(gold));
    snprintf(text, sizeof(text), "%g", number);
    return dataset_label(spec, az_str(text));
}

static int dataset_item(struct dataset *d, struct dataset_seats *t, struct az_str line,
                        struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    if (az_json_parse(line, &doc, err) < 0)
        return err->code;
    az_jv root = az_json_root(doc);
    struct az_str id = az_jv_str(az_jv_get(root, "id"));
    if (az_grow(&t->items, &t->items_cap, t->n_items + 1, sizeof(*t->items)) < 0)
        return az_oom(err);
    char **ids = realloc(d->ids, (t->n_items + 1) * sizeof(*ids));
    if (!ids)
        return az_oom(err);
    d->ids = ids;
    if (!(ids[d->n_ids] = strndup(id.p, id.n)))
        return az_oom(err);
    d->n_ids++;
    t->items[t->n_items++] =
        (struct dataset_item){az_hash64(1, az_jv_str(az_jv_get(root, "prompt"))),
                              dataset_gold(d->spec, az_jv_get(root, "gold"))};
    return az_map_put(&t->at, (int64_t)az_hash64(2, id), (void *)t->n_items) < 0 ? az_oom(err) : 0;
}

static int dataset_read_items(struct dataset *d, struct dataset_seats *t, const char *folder,
                              struct az_error *err)
{
    char path[1024];
    AZ_AUTO(lines) lines = NULL;
    struct az_line line;
    snprintf(path, sizeof(path), "%s/%s/items.jsonl", folder, d->spec->name);
    int r = az_lines_open(path, &lines, err);
    while (r >= 0 && (r = az_lines_next(lines, &line, err)) == AZ_LINE_HERE) {
        if ((r = dataset_item(d, t, line.text, err)) < 0)
            return az_wrap(err, "%s: line %lld", path, (long long)line.number);
    }
    if (r < 0)
        return r;
    size_t seats = t->n_items * DATASET_JUDGES_MAX;
    t->shares = az_zalloc(seats * t->n_labels * sizeof(double));
    t->margins = az_zalloc(seats * t->n_labels * sizeof(double));
    t->ballots = az_zalloc(seats * sizeof(uint32_t));
    t->scored = az_zalloc(seats * sizeof(uint32_t));
    return t->shares && t->margins && t->ballots && t->scored ? 0 : az_oom(err);
}

/* Columns by name, so that a file may have more of them. */
static struct az_str dataset_cell(const struct az_csv_row *row, const int *columns, int which)
{
    int c = columns[which];
    return c >= 0 && (size_t)c < row->n ? row->v[c] : (struct az_str){0};
}

enum { DATASET_ITEM, DATASET_JUDGE, DATASET_KIND, DATASET_LABEL, DATASET_SCORE_1, DATASET_COLUMNS };

static void dataset_columns(const struct az_csv_row *head, int *columns)
{
    static const char *const names[] = {"item", "judge", "kind", "label", "score_1"};
    for (int i = 0; i < DATASET_COLUMNS; i++) {
        columns[i] = -1;
        for (size_t c = 0; c < head->n; c++) {
            if (az_str_eqz(head->v[c], names[i]))
                columns[i] = (int)c;
        }
    }
}

/* A row of scores.tsv: the best answers share the ballot. */
static void dataset_scores(struct dataset_seats *t, size_t seat, const struct az_csv_row *row,
                           size_t first)
{
    double score[AZ_SAMPLE_LABELS_MAX], top = -1e300, m = 0;
    for (size_t k = 0; k < t->n_labels; k++) {
        if (first + k >= row->n || !az_str_double(row->v[first + k], &score[k]))
            return;
        top = AZ_MAX(top, score[k]);
    }
    for (size_t k = 0; k < t->n_labels; k++)
        m += score[k] >= top - 1e-12;
    for (size_t k = 0; k < t->n_labels; k++) {
        t->shares[seat * t->n_labels + k] += score[k] >= top - 1e-12 ? 1 / m : 0;
        t->margins[seat * t->n_labels + k] += score[k];
    }
    t->ballots[seat]++;
    t->scored[seat]++;
}

/* A row of ballots.tsv: one label, a tie where there is no such label, or nothing. */
static void dataset_ballot(const struct dataset_spec *spec, struct dataset_seats *t, size_t seat,
                           struct az_str label)
{
    int l = dataset_label(spec, label);
    bool tie = l < 0 && az_str_eqz(label, "tie");
    if (l < 0 && !tie)
        return;
    for (size_t k = 0; k < t->n_labels; k++)
        t->shares[seat * t->n_labels + k] += tie ? 1 / (double)t->n_labels : (size_t)l == k;
    t->ballots[seat]++;
}

static int dataset_read_table(struct dataset *d, struct dataset_seats *t, const char *folder,
                              const char *file, struct az_error *err)
{
    char path[1024];
    AZ_AUTO_MEM char *text = NULL;
    size_t n;
    int columns[DATASET_COLUMNS];
    struct az_csv_row row;
    snprintf(path, sizeof(path), "%s/%s/%s", folder, d->spec->name, file);
    int r = az_file_read(path, DATASET_FILE_MAX, &text, &n, err);
    if (r < 0)
        return r;
    AZ_AUTO(csv) csv = az_csv_new((struct az_str){text, n}, '\t');
    if (!csv)
        return az_oom(err);
    if ((r = az_csv_next(csv, &row, err)) > 0)
        dataset_columns(&row, columns);
    while (r > 0 && (r = az_csv_next(csv, &row, err)) > 0) {
        struct az_str id = dataset_cell(&row, columns, DATASET_ITEM);
        uintptr_t item = (uintptr_t)az_map_get(&t->at, (int64_t)az_hash64(2, id));
        struct az_str kind = dataset_cell(&row, columns, DATASET_KIND);
        if (item == 0 || (kind.p && d->spec->kind && !az_str_eqz(kind, d->spec->kind)))
            continue;
        int j = dataset_judge(d, dataset_cell(&row, columns, DATASET_JUDGE));
        if (j < 0)
            return az_oom(err);
        size_t seat = (item - 1) * DATASET_JUDGES_MAX + (size_t)j;
        if (columns[DATASET_SCORE_1] >= 0) {
            t->has_scores[j] = true;
            dataset_scores(t, seat, &row, (size_t)columns[DATASET_SCORE_1]);
        } else if (!t->has_scores[j]) {
            dataset_ballot(d->spec, t, seat, dataset_cell(&row, columns, DATASET_LABEL));
        }
    }
    return r;
}

static int dataset_fill_item(struct dataset *d, struct dataset_seats *t, size_t item)
{
    int r = az_sample_item(&d->sample, t->items[item].cluster, t->n_labels);
    for (size_t j = 0; r == 0 && j < d->n_judges; j++) {
        size_t seat = item * DATASET_JUDGES_MAX + j;
        double *shares = t->shares + seat * t->n_labels, *margins = t->margins + seat * t->n_labels;
        if (t->ballots[seat] == 0)
            continue;
        for (size_t k = 0; k < t->n_labels; k++) {
            shares[k] /= t->ballots[seat];
            margins[k] /= AZ_MAX(t->scored[seat], 1U);
        }
        r = az_sample_vote_spread(&d->sample, j, shares, t->scored[seat] ? margins : NULL, NULL);
    }
    if (r == 0 && t->items[item].gold >= 0)
        az_sample_truth(&d->sample, (size_t)t->items[item].gold);
    return r;
}

static int dataset_fill(struct dataset *d, struct dataset_seats *t, struct az_error *err)
{
    az_sample_init(&d->sample, d->n_judges, t->n_labels, d->spec->answers);
    d->sample.tie = d->spec->tie;
    d->sample.family = d->family;
    if (d->spec->answers == AZ_ANSWERS_ORDINAL)
        d->sample.levels = d->levels;
    for (size_t k = 0; k < t->n_labels; k++)
        d->levels[k] = strtod(d->spec->labels[k], NULL);
    for (size_t i = 0; i < t->n_items; i++) {
        if (dataset_fill_item(d, t, i) < 0)
            return az_oom(err);
    }
    return 0;
}

/* Reads FOLDER/NAME. On failure nothing is to be released. The sample borrows
 * from *ret, which must stay where it is. */
static AZ_UNUSED int dataset_load(const char *folder, const struct dataset_spec *spec,
                                  struct dataset *ret, struct az_error *err)
{
    struct dataset_seats t = {0};
    char path[1024];
    *ret = (struct dataset){.spec = spec};
    while (spec->labels[t.n_labels])
        t.n_labels++;
    int r = dataset_read_items(ret, &t, folder, err);
    snprintf(path, sizeof(path), "%s/%s/scores.tsv", folder, spec->name);
    FILE *scores = r == 0 ? fopen(path, "re") : NULL;
    if (scores) {
        fclose(scores);
        r = dataset_read_table(ret, &t, folder, "scores.tsv", err);
    }
    if (r == 0)
        r = dataset_read_table(ret, &t, folder, "ballots.tsv", err);
    if (r == 0)
        r = dataset_fill(ret, &t, err);
    dataset_seats_release(&t);
    if (r < 0)
        dataset_release(ret);
    return r;
}
