/* Judges by name, and whether what was asked is what is asked now. With each
 * identity goes a description, JSON, that says what it was made of: hashes can
 * tell that something changed, but not what. */
#include "coordinator/io_store.h"
#include "core/json.h"

#include <sys/random.h>

/* ---- descriptions ---- */

static struct az_buf describe_question(const struct az_panel *p)
{
    const struct az_question *q = &p->question;
    struct az_buf b = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&b);
    az_jw_obj(&w);
    az_jw_kint(&w, "kind", q->kind);
    az_jw_kz(&w, "ask", q->ask);
    az_jw_kbool(&w, "ties", q->ties);
    az_jw_key(&w, "labels");
    az_jw_arr(&w);
    for (size_t i = 0; i < q->n_labels; i++)
        az_jw_z(&w, q->labels[i]);
    az_jw_arr_end(&w);
    az_jw_key(&w, "meanings");
    az_jw_arr(&w);
    for (size_t i = 0; q->meanings && i < q->n_labels; i++)
        az_jw_z(&w, q->meanings[i]);
    az_jw_arr_end(&w);
    az_jw_key(&w, "scale");
    az_jw_arr(&w);
    az_jw_num(&w, q->scale_min);
    az_jw_num(&w, q->scale_max);
    az_jw_num(&w, q->step);
    az_jw_arr_end(&w);
    az_jw_key(&w, "levels");
    az_jw_arr(&w);
    for (size_t i = 0; i < q->n_levels; i++) {
        az_jw_num(&w, q->levels[i].at);
        az_jw_z(&w, q->levels[i].text);
    }
    az_jw_arr_end(&w);
    az_jw_kz(&w, "template", p->template);
    az_jw_obj_end(&w);
    return b;
}

static struct az_buf describe_judge(const struct az_judge *j)
{
    struct az_buf b = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&b);
    az_jw_obj(&w);
    az_jw_kz(&w, "model", j->model);
    az_jw_kz(&w, "template", j->template);
    az_jw_kz(&w, "persona", j->persona);
    az_jw_kint(&w, "answer", j->answer);
    az_jw_kz(&w, "regex", j->regex);
    az_jw_kint(&w, "max_tokens", j->max_tokens);
    az_jw_key(&w, "temperature");
    if (j->has_temperature)
        az_jw_num(&w, j->temperature);
    else
        az_jw_null(&w);
    az_jw_key(&w, "seed");
    if (j->has_seed)
        az_jw_int(&w, j->seed);
    else
        az_jw_null(&w);
    az_jw_kz(&w, "extra", j->extra);
    az_jw_key(&w, "map");
    az_jw_arr(&w);
    for (size_t i = 0; i < j->n_map; i++) {
        az_jw_num(&w, j->map[i].at_least);
        az_jw_int(&w, j->map[i].label);
    }
    az_jw_arr_end(&w);
    az_jw_obj_end(&w);
    return b;
}

/* "model 'a', now 'b'" where both are short, else its name. */
static void put_change(struct az_buf *b, struct az_str key, az_jv before, az_jv after)
{
    AZ_AUTO_BUF was = az_buf(AZ_BUF_MAX), is = az_buf(AZ_BUF_MAX);
    az_jv_print(&was, before);
    az_jv_print(&is, after);
    if (az_str_eq(az_buf_view(&was), az_buf_view(&is)))
        return;
    az_buf_z(b, b->n ? ", " : "");
    az_buf_str(b, key);
    bool plain = az_jv_type(before) != AZ_J_ARRAY && before && after;
    if (plain && was.n <= 48 && is.n <= 48)
        az_buf_fmt(b, ": was %.*s, is %.*s", (int)was.n, was.p, (int)is.n, is.p);
}

/* What differs between two descriptions: empty when they don't say. */
static struct az_buf changes(struct az_str before, struct az_str after)
{
    struct az_buf b = az_buf(200); /* what does not fit into the message is left out */
    AZ_AUTO(json) was = NULL;
    AZ_AUTO(json) is = NULL;
    if (az_json_parse(before, &was, NULL) < 0 || az_json_parse(after, &is, NULL) < 0)
        return b;
    for (az_jv v = az_jv_first(az_json_root(is)); v; v = az_jv_next(v)) {
        struct az_str key = az_jv_key(v);
        char name[32];
        snprintf(name, sizeof(name), AZ_STR_FMT, AZ_STR_ARG(key));
        put_change(&b, key, az_jv_get(az_json_root(was), name), v);
    }
    return b;
}

/* 1234567 as "1,234,567". */
static const char *grouped(int64_t n, char text[32])
{
    char plain[24];
    int len = snprintf(plain, sizeof(plain), "%lld", (long long)n), out = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = plain[i];
    }
    text[out] = '\0';
    return text;
}

static int changed(const char *what, struct az_str before, struct az_str after, int64_t ballots,
                   const char *hint, struct az_error *err)
{
    char n[32];
    AZ_AUTO_BUF detail = changes(before, after);
    az_fail(err, AZ_ECHANGED, "%s since %s ballot%s%s%s%s", what, grouped(ballots, n),
            ballots == 1 ? "" : "s", detail.n ? " (" : "", detail.n ? detail.p : "",
            detail.n ? ")" : "");
    az_hint(err, "%s", hint);
    return AZ_ECHANGED;
}

/* ---- what the store knows ---- */

struct binder {
    struct az_store *s;
    sqlite3 *db;
    const struct az_panel *panel;
    bool writes;
    struct az_error *err;
};

/* Rows that change one table: values are bound by the caller. */
static int run(struct binder *b, sqlite3_stmt *q)
{
    int r = sqlite3_step(q) == SQLITE_DONE ? 0 : az_sql_fail(b->db, b->s->dir, b->err);
    sqlite3_finalize(q);
    return r;
}

static void bind_text(sqlite3_stmt *q, int at, struct az_str s)
{
    sqlite3_bind_text64(q, at, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void bind_hash(sqlite3_stmt *q, int at, const struct az_hash *h)
{
    sqlite3_bind_blob(q, at, h->bytes, AZ_HASH_BYTES, SQLITE_TRANSIENT);
}

/* A value of `meta`; .p is NULL when it is not there. The statement holds it. */
static int meta_get(struct binder *b, const char *name, sqlite3_stmt **q, struct az_str *ret)
{
    int r = az_sql_prepare(b->db, b->s->dir, "SELECT value FROM meta WHERE name = ?", q, b->err);
    if (r < 0)
        return r;
    sqlite3_bind_text(*q, 1, name, -1, SQLITE_STATIC);
    *ret = (struct az_str){0};
    int step = sqlite3_step(*q);
    if (step == SQLITE_ROW)
        *ret = az_sql_blob(*q, 0);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : az_sql_fail(b->db, b->s->dir, b->err);
}

static int meta_put(struct binder *b, const char *name, struct az_str value)
{
    sqlite3_stmt *q = NULL;
    int r =
        az_sql_prepare(b->db, b->s->dir, "INSERT OR REPLACE INTO meta VALUES(?, ?)", &q, b->err);
    if (r < 0)
        return r;
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(q, 2, value.p, value.n, SQLITE_TRANSIENT);
    return run(b, q);
}

static int bind_secret(struct binder *b)
{
    sqlite3_stmt *q = NULL;
    struct az_str kept;
    unsigned char *secret = b->s->secret;
    int r = meta_get(b, "secret", &q, &kept);
    bool good = r == 0 && kept.n == AZ_SECRET_BYTES;
    if (good)
        memcpy(secret, kept.p, AZ_SECRET_BYTES);
    sqlite3_finalize(q);
    if (r < 0 || good)
        return r;
    if (!b->writes)
        return az_fail(b->err, AZ_EIO, "job '%s' has no secret", b->s->dir);
    if (getrandom(secret, AZ_SECRET_BYTES, 0) != AZ_SECRET_BYTES)
        return az_fail(b->err, AZ_EIO, "no random bytes from the system");
    return meta_put(b, "secret", (struct az_str){(char *)secret, AZ_SECRET_BYTES});
}

static int check_question(struct binder *b, struct az_str identity, struct az_str about)
{
    sqlite3_stmt *q = NULL, *q_about = NULL;
    struct az_str was, was_about = {0};
    int64_t ballots = 0;
    int r = meta_get(b, "question", &q, &was);
    bool same = r == 0 && az_str_eq(was, identity);
    if (r == 0 && !same && was.p)
        r = az_sql_int(b->db, b->s->dir, "SELECT ballots FROM totals", &ballots, b->err);
    if (r == 0 && ballots)
        r = meta_get(b, "question about", &q_about, &was_about);
    if (r == 0 && ballots)
        r = changed("the question or template changed", was_about, about, ballots,
                    "Use --job NEW for a new job.", b->err);
    sqlite3_finalize(q);
    sqlite3_finalize(q_about);
    if (r < 0 || same || !b->writes)
        return r;
    if ((r = meta_put(b, "question", identity)) < 0)
        return r;
    return meta_put(b, "question about", about);
}

static int bind_question(struct binder *b)
{
    AZ_AUTO_BUF about = describe_question(b->panel);
    int r = az_buf_check(&about, b->err);
    if (r < 0)
        return r;
    const struct az_hash *h = &b->panel->identity;
    return check_question(b, (struct az_str){(const char *)h->bytes, AZ_HASH_BYTES},
                          az_buf_view(&about));
}

/* The whole table is read: only when something changed. */
static int count_ballots(struct binder *b, int64_t judge, int64_t *ret)
{
    char sql[96];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM ballots WHERE judge = %lld", (long long)judge);
    return az_sql_int(b->db, b->s->dir, sql, ret, b->err);
}

static int put_judge(struct binder *b, int64_t id, const struct az_judge *j, struct az_str about)
{
    sqlite3_stmt *q = NULL;
    int r = az_sql_prepare(b->db, b->s->dir, "INSERT OR REPLACE INTO judges VALUES(?, ?, ?, ?)", &q,
                           b->err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(q, 1, id);
    bind_text(q, 2, az_str(j->name));
    bind_hash(q, 3, &j->identity);
    bind_text(q, 4, about);
    return run(b, q);
}

/* `q` stands on the judge's row. */
static int check_judge(struct binder *b, const struct az_judge *j, struct az_str about,
                       sqlite3_stmt *q, int64_t id)
{
    struct az_str was = az_sql_blob(q, 1);
    int64_t ballots;
    if (was.n == AZ_HASH_BYTES && !memcmp(was.p, j->identity.bytes, AZ_HASH_BYTES))
        return 0;
    int r = count_ballots(b, id, &ballots);
    if (r < 0)
        return r;
    if (!ballots)
        return b->writes ? put_judge(b, id, j, about) : 0;
    char what[128];
    snprintf(what, sizeof(what), "judge '%s' changed its model or parameters", j->name);
    return changed(what, az_sql_blob(q, 2), about, ballots,
                   "Use --job NEW for a new job; unchanged judges are answered from the cache.",
                   b->err);
}

static int add_judge(struct binder *b, const struct az_judge *j, struct az_str about, int64_t *id)
{
    int r = az_sql_int(b->db, b->s->dir, "SELECT count(*) FROM judges", id, b->err);
    if (r < 0 || !b->writes)
        return r < 0 ? r : (*id = -1, 0);
    if (*id >= AZ_JUDGES_MAX) {
        az_fail(b->err, AZ_ELIMIT, "job '%s' has met more than %d judges", b->s->dir,
                AZ_JUDGES_MAX);
        az_hint(b->err, "Use --job NEW.");
        return AZ_ELIMIT;
    }
    return put_judge(b, *id, j, about);
}

static int bind_judge(struct binder *b, int at)
{
    const struct az_judge *j = &b->panel->judges[at];
    AZ_AUTO_BUF about = describe_judge(j);
    int r = az_buf_check(&about, b->err);
    if (r < 0)
        return r;
    sqlite3_stmt *q = NULL;
    r = az_sql_prepare(b->db, b->s->dir, "SELECT id, identity, about FROM judges WHERE name = ?",
                       &q, b->err);
    if (r < 0)
        return r;
    bind_text(q, 1, az_str(j->name));
    int64_t id = -1;
    int step = sqlite3_step(q);
    if (step == SQLITE_ROW) {
        id = sqlite3_column_int64(q, 0);
        r = check_judge(b, j, az_buf_view(&about), q, id);
    } else if (step == SQLITE_DONE) {
        r = add_judge(b, j, az_buf_view(&about), &id);
    } else {
        r = az_sql_fail(b->db, b->s->dir, b->err);
    }
    sqlite3_finalize(q);
    if (r == 0 && id >= 0 && id < AZ_JUDGES_MAX) {
        b->s->judges.to_db[at] = (int16_t)id;
        b->s->judges.to_panel[id] = (int16_t)at;
    }
    return r;
}

static int bind_all(struct binder *b)
{
    struct az_store_judges *j = &b->s->judges;
    for (int i = 0; i < AZ_JUDGES_MAX; i++)
        j->to_db[i] = j->to_panel[i] = b->panel ? -1 : (int16_t)i;

    int r = bind_secret(b);
    if (r < 0 || !b->panel)
        return r;
    r = bind_question(b);
    for (size_t i = 0; r == 0 && i < b->panel->n_judges; i++)
        r = bind_judge(b, (int)i);
    return r;
}

int az_store_bind(struct az_store *s, sqlite3 *db, const struct az_panel *panel,
                  struct az_error *err)
{
    struct binder b = {s, db, panel, s->mode == AZ_STORE_RUN, err};
    int r = az_sql_exec(db, s->dir, b.writes ? "BEGIN IMMEDIATE" : "BEGIN", err);
    if (r < 0)
        return r;
    r = bind_all(&b);
    if (r == 0)
        r = az_sql_exec(db, s->dir, "COMMIT", err);
    if (r < 0)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

void az_store_map_bits(const int16_t to[AZ_JUDGES_MAX], const uint64_t from[AZ_JUDGES_MAX / 64],
                       uint64_t ret[AZ_JUDGES_MAX / 64])
{
    uint64_t mapped[AZ_JUDGES_MAX / 64] = {0};
    for (size_t w = 0; w < AZ_LEN(mapped); w++) {
        for (uint64_t left = from[w]; left; left &= left - 1) { /* few or none are set */
            int16_t i = to[64 * w + (size_t)__builtin_ctzll(left)];
            if (i >= 0)
                mapped[i / 64] |= UINT64_C(1) << i % 64;
        }
    }
    memcpy(ret, mapped, sizeof(mapped));
}
