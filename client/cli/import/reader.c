#include "client/cli/import/reader.h"

#include "core/item.h"

/* What is a document and what a file looks like is told by its first bytes, always
 * as many: how they come changes nothing. */
enum { HEAD_MAX = 1 << 20, HEAD_KEPT = 64 << 10 };

void az_reader_init(struct az_reader *rd, struct az_import *im)
{
    *rd = (struct az_reader){.im = im,
                             .carry = az_buf(AZ_LINE_MAX + 2),
                             .head = az_buf(HEAD_KEPT),
                             .row = az_buf(AZ_LINE_MAX + 2),
                             .separator = ','};
    az_json_split_init(&rd->split, im->form->paths, AZ_LINE_MAX);
}

void az_reader_release(struct az_reader *rd)
{
    az_buf_release(&rd->carry);
    az_buf_release(&rd->head);
    az_buf_release(&rd->row);
    az_csv_free(rd->csv);
    az_json_split_release(&rd->split);
}

/* ---- records ---- */

static bool whole_document(const struct az_reader *rd)
{
    return rd->mode == AZ_READ_DOCUMENT;
}

/* A file of another form is told at its first record, not line after line. */
static int wrong_form(const struct az_reader *rd, int64_t number, struct az_error *err)
{
    const struct az_form *form = rd->im->form;
    const struct az_import_counts *c = &rd->im->counts;
    bool no_header = form->shape == AZ_FORM_ROWS && !rd->im->of_form.header;
    const struct az_form *guess = az_form_guess(az_buf_view(&rd->head), form);
    if (!guess && number == 1 && form->shape != AZ_FORM_ROWS)
        guess = az_form_guess_rows(az_buf_view(&rd->head));
    if (c->records != c->bad || c->bad > 1)
        return 0;
    if (!no_header && (!guess || rd->im->of_form.header))
        return 0;
    az_wrap(err, "not read as %s", form->name);
    if (guess)
        az_hint(err, "It looks like %s: --as %s.", guess->summary, guess->name);
    return AZ_EINVAL;
}

static int on_bad(struct az_reader *rd, int64_t number, struct az_error *err)
{
    if (!az_str_starts(az_str(err->what), "line "))
        az_wrap(err, "%s %lld", whole_document(rd) ? "record" : "line", (long long)number);
    int r = wrong_form(rd, number, err);
    if (r < 0 || rd->strict)
        return AZ_EINVAL;
    if (rd->bad)
        rd->bad(rd->arg, err->what);
    return 0;
}

static int on_record(struct az_reader *rd, const struct az_record *record, struct az_error *err)
{
    int r = az_import_record(rd->im, record, err);
    return r == AZ_EINVAL ? on_bad(rd, record->number, err) : AZ_MIN(r, 0);
}

/* What never became a record. */
static int bad_record(struct az_reader *rd, int64_t number, struct az_error *err)
{
    rd->im->counts.records++;
    rd->im->counts.bad++;
    return on_bad(rd, number, err);
}

/* Python writes NaN, Infinity and -Infinity as they are: null, for they are no
 * answer. Returns whether there was one; only read after JSON was refused. */
static bool mend_numbers(struct az_str text, struct az_buf *to)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    bool any = false, inside = false;
    for (size_t i = 0; i < text.n; i++) {
        struct az_str rest = {text.p + i, text.n - i};
        size_t n = 0;
        for (size_t w = 0; !inside && w < AZ_LEN(words); w++) {
            if (az_str_starts(rest, words[w]))
                n = strlen(words[w]);
        }
        if (inside && text.p[i] == '\\' && rest.n > 1)
            az_buf_char(to, text.p[i++]);
        else if (text.p[i] == '"')
            inside = !inside;
        if (n)
            az_buf_z(to, "null");
        else
            az_buf_char(to, text.p[i]);
        i += n ? n - 1 : 0;
        any |= n > 0;
    }
    return any;
}

static int parse(struct az_str text, struct az_json **doc, struct az_error *err)
{
    int r = az_json_parse(text, doc, err);
    if (r != AZ_EINVAL)
        return r;
    AZ_AUTO_BUF mended = az_buf(AZ_BUF_MAX);
    if (!mend_numbers(text, &mended) || az_json_parse(az_buf_view(&mended), doc, NULL) < 0)
        return r;
    *err = (struct az_error){0};
    return 0;
}

static int on_json(struct az_reader *rd, struct az_str text, int64_t number, size_t path,
                   struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = parse(text, &doc, err);
    if (r == 0 && az_jv_type(az_json_root(doc)) != AZ_J_OBJECT)
        r = az_fail(err, AZ_EINVAL, "%s, expected an object",
                    az_jtype_name(az_jv_type(az_json_root(doc))));
    if (r == AZ_ENOMEM)
        return r;
    if (r < 0)
        return bad_record(rd, number, err);
    struct az_record record = {
        .number = number, .text = text, .json = az_json_root(doc), .path = path};
    return on_record(rd, &record, err);
}

/* ---- rows ---- */

static int end_row(struct az_reader *rd, struct az_error *err)
{
    struct az_csv_row row;
    az_csv_set(rd->csv, az_buf_view(&rd->row), rd->row_line);
    int r = az_csv_next(rd->csv, &row, err);
    struct az_record record = {.number = rd->row_line, .row = &row};
    if (r == AZ_EINVAL)
        r = bad_record(rd, rd->row_line, err);
    else if (r == 1)
        r = on_record(rd, &record, err);
    az_buf_clear(&rd->row);
    rd->open = false;
    return r;
}

/* The header says what separates its names. */
static char separator_of(struct az_str line)
{
    if (memchr(line.p, '\t', line.n))
        return '\t';
    return !memchr(line.p, ',', line.n) && memchr(line.p, ';', line.n) ? ';' : ',';
}

static int on_row_line(struct az_reader *rd, struct az_str line, struct az_error *err)
{
    if (!rd->im->of_form.header && !rd->open && line.n)
        rd->separator = separator_of(line);
    if (!rd->csv || !rd->im->of_form.header) {
        az_csv_free(rd->csv);
        rd->csv = az_csv_new(line, rd->separator);
    }
    if (!rd->csv)
        return az_oom(err);
    if (rd->open)
        az_buf_char(&rd->row, '\n');
    else
        rd->row_line = rd->line;
    az_buf_str(&rd->row, line);
    rd->open = az_csv_open(rd->open, line, rd->separator);
    if (rd->row.failed == AZ_ENOMEM)
        return az_oom(err);
    if (rd->row.failed) {
        az_buf_release(&rd->row);
        rd->open = false;
        az_fail(err, AZ_EINVAL, "a row of more than %d bytes", AZ_LINE_MAX);
        return bad_record(rd, rd->row_line, err);
    }
    return rd->open ? 0 : end_row(rd, err);
}

/* ---- lines ---- */

/* JSON is checked where it is parsed. */
static int check_text(struct az_str line, struct az_error *err)
{
    size_t bad;
    const char *nul = line.n ? memchr(line.p, '\0', line.n) : NULL;
    if (nul)
        return az_fail(err, AZ_EINVAL, "a NUL character at byte %zu", (size_t)(nul - line.p));
    return az_utf8_valid(line, &bad) ? 0 : az_fail(err, AZ_EINVAL, "not UTF-8 at byte %zu", bad);
}

static int on_line(struct az_reader *rd, struct az_str line, struct az_error *err)
{
    rd->line++;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (rd->im->form->shape == AZ_FORM_JSON)
        return az_str_trim(line).n ? on_json(rd, line, rd->line, 0, err) : 0;
    if (check_text(line, err) < 0)
        return bad_record(rd, rd->line, err);
    if (rd->mode == AZ_READ_ROWS)
        return on_row_line(rd, line, err);
    struct az_record record = {.number = rd->line, .text = line};
    return on_record(rd, &record, err);
}

static int line_too_long(struct az_reader *rd, struct az_error *err)
{
    rd->too_long = false;
    rd->line++;
    az_fail(err, AZ_EINVAL, "longer than the %d bytes that a line may have", AZ_LINE_MAX);
    return bad_record(rd, rd->line, err);
}

/* The end of a line that began in earlier bytes. */
static int end_carried(struct az_reader *rd, struct az_error *err)
{
    int r = rd->too_long ? line_too_long(rd, err) : on_line(rd, az_buf_view(&rd->carry), err);
    az_buf_clear(&rd->carry);
    return r;
}

static void carry(struct az_reader *rd, struct az_str part)
{
    rd->too_long |= rd->carry.n + part.n > AZ_LINE_MAX;
    if (rd->too_long)
        az_buf_clear(&rd->carry);
    else
        az_buf_str(&rd->carry, part);
}

static int feed_lines(struct az_reader *rd, struct az_str in, struct az_error *err)
{
    int r = 0;
    while (r == 0 && in.n) {
        const char *end = memchr(in.p, '\n', in.n);
        struct az_str line = {in.p, end ? (size_t)(end - in.p) : in.n};
        size_t n = line.n + (end != NULL);
        in = (struct az_str){in.p + n, in.n - n};
        if (end && !rd->carry.n && !rd->too_long) {
            r = on_line(rd, line, err);
            continue;
        }
        carry(rd, line);
        if (end)
            r = az_buf_check(&rd->carry, err) < 0 ? err->code : end_carried(rd, err);
    }
    return r;
}

/* ---- one document ---- */

static int feed_document(struct az_reader *rd, struct az_str in, struct az_error *err)
{
    size_t path;
    struct az_str text;
    int r;
    while ((r = az_json_split_next(&rd->split, &in, &path, &text, err)) > 0) {
        int64_t number = rd->im->counts.records + 1;
        if (r == AZ_SPLIT_LONG) {
            az_fail(err, AZ_EINVAL, "longer than the %d bytes that one may have", AZ_LINE_MAX);
            r = bad_record(rd, number, err);
        } else {
            r = on_json(rd, text, number, path, err);
        }
        if (r < 0)
            return r;
    }
    return r;
}

int az_reader_value(struct az_reader *rd, struct az_str json, struct az_error *err)
{
    rd->mode = AZ_READ_DOCUMENT;
    return on_json(rd, json, rd->im->counts.records + 1, 0, err);
}

int az_reader_bad(struct az_reader *rd, struct az_error *err)
{
    rd->mode = AZ_READ_DOCUMENT;
    return bad_record(rd, rd->im->counts.records + 1, err);
}

/* ---- how it begins ---- */

/* Is this the one object of a document: has it what the paths begin with? */
static bool is_document(const struct az_form *form, struct az_str line)
{
    AZ_AUTO(json) doc = NULL;
    if (az_json_parse(line, &doc, NULL) < 0)
        return true;
    for (const char *const *p = form->paths; *p; p++) {
        char key[AZ_SPLIT_PATH];
        size_t n = strcspn(*p, ".[");
        snprintf(key, sizeof(key), "%.*s", (int)n, *p);
        if (n && az_jv_get(az_json_root(doc), key))
            return true;
    }
    return false;
}

static void choose(struct az_reader *rd, struct az_str head)
{
    const struct az_form *form = rd->im->form;
    struct az_str rest = az_str_trim(head), line = {0};
    az_str_line(&rest, &line);
    bool has_paths = form->paths[1] != NULL;
    rd->mode = form->shape == AZ_FORM_ROWS ? AZ_READ_ROWS : AZ_READ_LINES;
    if (form->shape != AZ_FORM_JSON || !line.n)
        return;
    if (line.p[0] == '[' || (has_paths && is_document(form, line)))
        rd->mode = AZ_READ_DOCUMENT;
}

static int feed_chosen(struct az_reader *rd, struct az_str bytes, struct az_error *err)
{
    return whole_document(rd) ? feed_document(rd, bytes, err) : feed_lines(rd, bytes, err);
}

/* The first line is there, or as much as is waited for. */
static int end_head(struct az_reader *rd, struct az_error *err)
{
    AZ_AUTO_BUF head = rd->carry;
    rd->carry = az_buf(AZ_LINE_MAX + 2);
    struct az_str text = az_buf_view(&head);
    if (az_str_starts(text, "\xef\xbb\xbf"))
        text = (struct az_str){text.p + 3, text.n - 3};
    az_buf_put(&rd->head, text.p, AZ_MIN(text.n, (size_t)HEAD_KEPT));
    choose(rd, (struct az_str){text.p, AZ_MIN(text.n, (size_t)HEAD_MAX)});
    return feed_chosen(rd, text, err);
}

static bool head_is_there(const struct az_buf *b)
{
    size_t i = 0;
    while (i < b->n && strchr(" \t\r\n\xef\xbb\xbf", b->p[i]) && b->p[i])
        i++;
    bool line = i < b->n && memchr(b->p + i, '\n', b->n - i);
    return b->n >= HEAD_MAX + 3 || (b->n >= HEAD_KEPT + 3 && line); /* and a byte order mark */
}

int az_reader_feed(struct az_reader *rd, struct az_str bytes, struct az_error *err)
{
    if (rd->mode != AZ_READ_HEAD)
        return feed_chosen(rd, bytes, err);
    size_t n = AZ_MIN(bytes.n, (size_t)HEAD_MAX + 3);
    az_buf_put(&rd->carry, bytes.p, n);
    int r = az_buf_check(&rd->carry, err);
    if (r < 0 || !head_is_there(&rd->carry))
        return r;
    r = end_head(rd, err);
    return r < 0 ? r : feed_chosen(rd, (struct az_str){bytes.p + n, bytes.n - n}, err);
}

int az_reader_cut(struct az_reader *rd, struct az_error *err)
{
    return rd->mode == AZ_READ_HEAD ? end_head(rd, err) : 0;
}

int az_reader_end(struct az_reader *rd, struct az_error *err)
{
    int r = az_reader_cut(rd, err);
    if (r == 0 && whole_document(rd))
        return az_json_split_end(&rd->split, err);
    if (r == 0 && (rd->carry.n || rd->too_long))
        r = end_carried(rd, err);
    return r == 0 && rd->open ? end_row(rd, err) : r;
}
