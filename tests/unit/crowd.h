/* tests/unit/crowd.h: the crowd sets of ASSIZE_TEST_DATA as samples, and tables
 * of tab-separated values. */
#pragma once
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "statistics/sample.h"

enum { CROWD_FIELDS = 6, CROWD_NAME = 64, CROWD_LABELS = 8, CROWD_JUDGES = 1024 };

struct crowd_row {
    uint32_t item, judge, label, at;
};

struct crowd {
    char labels[CROWD_LABELS][CROWD_NAME]; /* sorted */
    char judges[CROWD_JUDGES][CROWD_NAME];
    size_t n_labels, n_judges, n_items, n_rows, cap;
    size_t first; /* the label of the first row */
    struct crowd_row *rows;
    int32_t truth[1 << 15];
    struct az_sample sample;
};

typedef void crowd_row_fn(char *fields[CROWD_FIELDS], size_t n, void *arg);

/* Calls `row` with the fields of each line after the first. */
static inline void crowd_read(const char *path, crowd_row_fn *row, void *arg)
{
    FILE *f = fopen(path, "r");
    char line[512];
    if (!f) {
        fail_msg("cannot open %s", path);
        return;
    }
    assert_non_null(fgets(line, sizeof(line), f));
    while (fgets(line, sizeof(line), f)) {
        char *fields[CROWD_FIELDS] = {line};
        size_t n = 1;
        line[strcspn(line, "\r\n")] = 0;
        for (char *p = line; n < CROWD_FIELDS && (p = strchr(p, '\t')); n++) {
            *p++ = 0;
            fields[n] = p;
        }
        row(fields, n, arg);
    }
    fclose(f);
}

/* i00001 is item 0. */
static inline uint32_t crowd_item(const char *name)
{
    assert_int_equal(name[0], 'i');
    return (uint32_t)strtoul(name + 1, NULL, 10) - 1;
}

static inline size_t crowd_find(char names[][CROWD_NAME], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return n;
}

/* j0001 is judge 0; judges with other names are numbered as they come. */
static inline uint32_t crowd_judge(struct crowd *c, const char *name)
{
    size_t at = name[0] == 'j' && isdigit((unsigned char)name[1])
                    ? strtoul(name + 1, NULL, 10) - 1
                    : crowd_find(c->judges, c->n_judges, name);
    assert_true(at < CROWD_JUDGES);
    if (at >= c->n_judges)
        c->n_judges = at + 1;
    snprintf(c->judges[at], CROWD_NAME, "%s", name);
    return (uint32_t)at;
}

static inline uint32_t crowd_label(const struct crowd *c, const char *name)
{
    size_t at = crowd_find((char(*)[CROWD_NAME])c->labels, c->n_labels, name);
    assert_true(at < c->n_labels);
    return (uint32_t)at;
}

static inline void crowd_note_label(char *fields[CROWD_FIELDS], size_t n, void *arg)
{
    struct crowd *c = arg;
    size_t at = 0;
    while (at < c->n_labels && strcmp(c->labels[at], fields[n - 1]) < 0)
        at++;
    if (at < c->n_labels && strcmp(c->labels[at], fields[n - 1]) == 0)
        return;
    assert_true(c->n_labels < CROWD_LABELS);
    memmove(c->labels[at + 1], c->labels[at], (c->n_labels - at) * CROWD_NAME);
    snprintf(c->labels[at], CROWD_NAME, "%s", fields[n - 1]);
    c->n_labels++;
}

static inline void crowd_note_answer(char *fields[CROWD_FIELDS], size_t n, void *arg)
{
    struct crowd *c = arg;
    assert_int_equal(n, 3);
    assert_int_equal(az_grow(&c->rows, &c->cap, c->n_rows + 1, sizeof(*c->rows)), 0);
    struct crowd_row row = {crowd_item(fields[0]), crowd_judge(c, fields[1]),
                            crowd_label(c, fields[2]), (uint32_t)c->n_rows};
    c->rows[c->n_rows++] = row;
    if (row.item >= c->n_items)
        c->n_items = row.item + 1;
}

static inline void crowd_note_truth(char *fields[CROWD_FIELDS], size_t n, void *arg)
{
    struct crowd *c = arg;
    c->truth[crowd_item(fields[0])] = (int32_t)crowd_label(c, fields[n - 1]);
}

static inline int crowd_order(const void *a, const void *b)
{
    const struct crowd_row *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Reads DATA/crowd/NAME; the caller releases it. */
static inline void crowd_open(struct crowd *c, const char *data, const char *name)
{
    char path[4096];
    memset(c, 0, sizeof(*c));
    memset(c->truth, 0xff, sizeof(c->truth));
    snprintf(path, sizeof(path), "%s/crowd/%s/answers.tsv", data, name);
    crowd_read(path, crowd_note_label, c);
    crowd_read(path, crowd_note_answer, c);
    snprintf(path, sizeof(path), "%s/crowd/%s/truth.tsv", data, name);
    crowd_read(path, crowd_note_truth, c);
    c->first = c->rows[0].label;
    qsort(c->rows, c->n_rows, sizeof(*c->rows), crowd_order);
    az_sample_init(&c->sample, c->n_judges, c->n_labels, AZ_ANSWERS_NAMED);
    for (size_t i = 0, row = 0; i < c->n_items; i++) {
        assert_int_equal(az_sample_item(&c->sample, i, c->n_labels), 0);
        for (; row < c->n_rows && c->rows[row].item == i; row++)
            assert_int_equal(az_sample_vote(&c->sample, c->rows[row].judge, c->rows[row].label), 0);
        if (c->truth[i] >= 0)
            az_sample_truth(&c->sample, (size_t)c->truth[i]);
    }
}

static inline void crowd_close(struct crowd *c)
{
    az_sample_release(&c->sample);
    free(c->rows);
}
