#include "coordinator/io_results.h"

#include "core/buf.h"
#include "core/io_file.h"
#include "core/mem.h"
#include "core/verdict.h"

struct writing {
    const struct az_results_config *config;
    struct az_summary *summary;
    struct az_out *verdicts, *copy;
    struct az_buf line;
};

static int write_case(void *arg, const struct az_case *c, struct az_error *err)
{
    struct writing *w = arg;
    int r = az_summary_add(w->summary, c->item, &c->verdict, c->ballots, err);
    if (r < 0 || c->verdict.status == AZ_OPEN)
        return r;
    az_buf_clear(&w->line);
    az_verdict_print(&w->line, w->config->panel, c->item, &c->verdict, c->ballots,
                     w->config->brief);
    az_buf_char(&w->line, '\n');
    r = az_buf_check(&w->line, err);
    if (r == 0)
        r = az_out_write(w->verdicts, az_buf_view(&w->line), err);
    if (r == 0 && w->copy && c->item->seq >= w->config->out_from)
        r = az_out_write(w->copy, az_buf_view(&w->line), err);
    return r;
}

int az_summary_write(const struct az_summary *s, const char *path, struct az_error *err)
{
    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    az_summary_json(&json, s);
    az_buf_char(&json, '\n');
    int r = az_buf_check(&json, err);
    return r < 0 ? r : az_file_write(path, az_buf_view(&json), err);
}

static int open_all(struct writing *w, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/verdicts.jsonl", w->config->dir);
    int r = az_buf_check(&path, err);
    if (r == 0)
        r = az_out_open(path.p, AZ_OUT_ATOMIC, &w->verdicts, err);
    if (r == 0 && w->config->out)
        r = az_out_open(w->config->out, AZ_OUT_ATOMIC, &w->copy, err);
    return r;
}

static int write_all(struct writing *w, struct az_error *err)
{
    AZ_AUTO(store_reader) reader = NULL;
    int r = open_all(w, err);
    if (r == 0)
        r = az_store_reader_open(w->config->store, &reader, err);
    if (r == 0)
        r = az_store_each(reader, w->config->panel, write_case, w, err);
    if (r == 0)
        r = az_summary_finish(w->summary, &w->config->extra, err);
    if (r == 0)
        r = az_out_commit(w->verdicts, err);
    if (r == 0 && w->copy)
        r = az_out_commit(w->copy, err);
    if (r < 0)
        return r;
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/summary.json", w->config->dir);
    r = az_buf_check(&path, err);
    return r < 0 ? r : az_summary_write(w->summary, path.p, err);
}

int az_results_write(const struct az_results_config *config, struct az_summary **ret,
                     struct az_error *err)
{
    struct writing w = {.config = config, .line = az_buf(AZ_BUF_MAX)};
    w.summary = az_summary_new(config->panel);
    int r = w.summary ? write_all(&w, err) : az_oom(err);
    az_out_free(w.verdicts);
    az_out_free(w.copy);
    az_buf_release(&w.line);
    if (r < 0) {
        az_summary_free(w.summary);
        return r;
    }
    *ret = w.summary;
    return 0;
}
