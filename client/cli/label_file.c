#include "client/cli/label_file.h"

#include "core/arena.h"
#include "core/json.h"
#include "core/mem.h"
#include "workers/names.h"

struct line {
    struct az_str id, rest; /* rest: members but for weight, ",\"x\":1" */
    double weight;          /* of an earlier draw; 1 / chance of this one */
    bool is_new;
};

struct az_label_file {
    struct az_arena *arena;
    struct line *v;
    size_t n, cap, n_new, drawn;
    struct az_names ids; /* of all lines there ever were; and by number: has it one now? */
    bool *there;
    size_t there_cap;
};

void az_label_file_free(struct az_label_file *f)
{
    if (!f)
        return;
    az_arena_free(f->arena);
    az_names_release(&f->ids);
    free(f->there);
    free(f->v);
    free(f);
}

static int add(struct az_label_file *f, struct line line, struct az_error *err)
{
    if (az_grow(&f->v, &f->cap, f->n + 1, sizeof(*f->v)) < 0)
        return az_oom(err);
    line.id = az_arena_str(f->arena, line.id);
    line.rest = az_arena_str(f->arena, line.rest);
    uint32_t number = line.id.p ? az_names_add(&f->ids, line.id) : AZ_NAME_NONE;
    if (!line.rest.p || number == AZ_NAME_NONE ||
        az_grow(&f->there, &f->there_cap, number, sizeof(*f->there)) < 0)
        return az_oom(err);
    f->there[number - 1] = true;
    f->v[f->n++] = line;
    f->n_new += line.is_new;
    return 0;
}

/* ---- reading ---- */

static int read_line(struct az_label_file *f, struct az_str text, int64_t number,
                     struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(text, &doc, err);
    if (r < 0)
        return az_wrap(err, "line %lld", (long long)number);
    az_jv line = az_json_root(doc), weight = az_jv_get(line, "weight");
    struct az_str id = az_jv_str(az_jv_get(line, "id"));
    struct line row = {.id = id, .weight = 1};
    if (!id.n || !az_jv_get(line, "gold"))
        return az_fail(err, AZ_EINVAL, "line %lld: not an object with 'id' and 'gold'",
                       (long long)number);
    if (weight && (!az_jv_num(weight, &row.weight) || !(row.weight > 0)))
        return az_fail(err, AZ_EINVAL, "line %lld: 'weight' is not above 0", (long long)number);
    if (az_label_file_has(f, id))
        return az_fail(err, AZ_EINVAL, "line %lld: this id has a label already", (long long)number);

    AZ_AUTO_BUF rest = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&rest);
    az_jw_obj(&w);
    for (az_jv v = az_jv_first(line); v; v = az_jv_next(v)) {
        if (v == weight)
            continue;
        az_jw_key_str(&w, az_jv_key(v));
        AZ_AUTO_BUF value = az_buf(AZ_BUF_MAX);
        az_jv_print(&value, v);
        if ((r = az_buf_check(&value, err)) < 0)
            return r;
        az_jw_raw(&w, az_buf_view(&value));
    }
    r = az_buf_check(&rest, err);
    row.rest = az_buf_view(&rest);
    return r < 0 ? r : add(f, row, err);
}

int az_label_file_parse(struct az_str text, struct az_label_file **ret, struct az_error *err)
{
    AZ_AUTO(label_file) f = az_zalloc(sizeof(*f));
    struct az_str line;
    int r = 0;
    if (!f || !(f->arena = az_arena_new(16384)))
        return az_oom(err);
    for (int64_t number = 1; r == 0 && az_str_line(&text, &line); number++) {
        if (az_str_trim(line).n)
            r = read_line(f, line, number, err);
    }
    if (r == 0)
        *ret = AZ_TAKE(f);
    return r;
}

/* ---- changing ---- */

bool az_label_file_has(const struct az_label_file *f, struct az_str id)
{
    uint32_t number = az_names_find(&f->ids, id);
    return number != AZ_NAME_NONE && f->there[number - 1];
}

size_t az_label_file_count(const struct az_label_file *f)
{
    return f->n;
}

size_t az_label_file_new_count(const struct az_label_file *f)
{
    return f->n_new;
}

void az_label_file_drawn(struct az_label_file *f, size_t picks)
{
    f->drawn = picks;
}

int az_label_file_add(struct az_label_file *f, struct az_str id, struct az_str gold, double chance,
                      struct az_error *err)
{
    az_assert(chance > 0 && chance <= 1);
    AZ_AUTO_BUF rest = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&rest);
    az_jw_obj(&w);
    az_jw_kstr(&w, "id", id);
    az_jw_key(&w, "gold");
    az_jw_raw(&w, gold);
    int r = az_buf_check(&rest, err);
    if (r < 0)
        return r;
    return add(f, (struct line){id, az_buf_view(&rest), 1 / chance, true}, err);
}

struct az_str az_label_file_undo(struct az_label_file *f)
{
    if (!f->n_new)
        return (struct az_str){0};
    f->n_new--;
    struct az_str id = f->v[--f->n].id;
    f->there[az_names_find(&f->ids, id) - 1] = false;
    return id;
}

void az_label_file_print(const struct az_label_file *f, struct az_buf *b)
{
    double part = f->n ? (double)f->n_new / (double)f->n : 0; /* of this draw */
    double each = f->n_new ? (double)AZ_MAX(f->drawn, f->n_new) / (double)f->n_new : 1;
    for (size_t i = 0; i < f->n; i++) {
        const struct line *l = &f->v[i];
        double weight = l->is_new ? part * each * l->weight : (1 - part) * l->weight + part;
        struct az_jw w = az_jw(b);
        az_buf_str(b, l->rest);
        w.comma = true;
        az_jw_knum(&w, "weight", weight);
        az_buf_z(b, "}\n");
    }
}
