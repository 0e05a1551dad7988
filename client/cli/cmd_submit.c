/* assize submit PANEL ITEMS: a job to a coordinator; its number on stdout. */
#include <inttypes.h>
#include <sodium/randombytes.h>

#include "client/cli/command.h"
#include "client/cli/human.h"
#include "client/cli/io_connect.h"
#include "client/cli/io_content.h"
#include "client/cli/io_feed.h"
#include "client/cli/io_line.h"
#include "client/cli/io_panel.h"
#include "client/cli/io_terminal.h"
#include "client/cli/job_text.h"
#include "client/cli/span.h"
#include "client/lib/io_submit.h"
#include "core/io_gold.h"
#include "core/item.h"
#include "core/wrap.h"

enum {
    BAD_SHOWN = 10,
    TIMEOUT_S = 60,
    TIMEOUT_MAX_S = 1 << 30,
    PRIORITY_MAX = AZ_WIRE_PRIORITY_MAX
};

struct options {
    struct az_connect connect;
    const char *name, *key, *deadline, *gold, *backends, *env_file;
    bool again, quiet;
    int64_t priority, timeout_s;
    struct az_opt_list set;
};

#define AT(field) offsetof(struct options, field)
static const struct az_opt table[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {"name", 0, AZ_OPT_STRING, AT(name), "NAME", "for lists (default: ITEMS and PANEL)", 0},
    {"set", 0, AZ_OPT_LIST, AT(set), "KEY=VALUE", "change the panel: --set limits.usd=3", 0},
    {"backends", 0, AZ_OPT_STRING, AT(backends), "FILE",
     "backends from here, over the panel's: only their names and kinds are sent", 0},
    {"env-file", 0, AZ_OPT_STRING, AT(env_file), "FILE", "NAME=VALUE lines into the environment",
     0},
    {"gold", 0, AZ_OPT_STRING, AT(gold), "FILE", "true answers: JSONL or CSV with id and gold", 0},
    {"priority", 0, AZ_OPT_INT, AT(priority), "N",
     "weight of its share among other jobs, 1 to 1000 (100)", 1},
    {"deadline", 0, AZ_OPT_STRING, AT(deadline), "TIME", "ask nobody new after so long: 90s, 12h",
     0},
    {"key", 0, AZ_OPT_STRING, AT(key), "TEXT",
     "the same key is the same job (default: from panel and items)", 0},
    {"again", 0, AZ_OPT_FLAG, AT(again), NULL, "a new job, though the same was submitted before",
     0},
    {"timeout", 0, AZ_OPT_INT, AT(timeout_s), "SECONDS",
     "give up after so long without any progress (60)", 1},
    {"quiet", 'q', AZ_OPT_FLAG, AT(quiet), NULL, "no words but for errors", 0},
    {0},
};

/* What is submitted. */
struct submission {
    const struct options *options;
    const char *items;
    struct az_panel *panel;
    struct az_buf yaml;
    struct az_golds *golds;
    struct az_hash gold_hash;
    struct az_lines *lines;
    char key[AZ_WIRE_JOB_KEY_MAX + 1];
    bool repeatable; /* the same command has the same key */
    char name[AZ_WIRE_JOB_NAME_MAX + 1];
    int64_t bad_told;
    struct az_live_line line;
};

static void on_bad(void *arg, int64_t line, const char *what)
{
    struct submission *s = arg;
    if (s->bad_told++ >= BAD_SHOWN || s->options->quiet)
        return;
    az_live_line_end(&s->line);
    az_say("%s: line %lld: %s", s->items, (long long)line, what);
}

static void on_progress(void *arg, int64_t lines)
{
    struct submission *s = arg;
    struct az_progress p = {
        .done = lines, .total = -1, .calls_per_s = -1, .limit = AZ_NUSD_MAX, .eta_s = -1};
    az_live_line_show(&s->line, &p, false);
}

/* A line whose item is not understood here has no gold either: the coordinator
 * says what is wrong with it. */
static int on_gold(void *arg, const struct az_line *line, struct az_str *ret, struct az_error *err)
{
    struct submission *s = arg;
    AZ_AUTO(item) item = NULL;
    int r = az_item_parse(s->panel, line->text, line->number, &item, NULL);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    *ret = r < 0 ? (struct az_str){0} : az_golds_find(s->golds, item->id);
    return 0;
}

/* ---- key and name ---- */

static void key_hex(struct submission *s, const struct az_hash *hash)
{
    az_hash_hex(hash, s->key);
}

static void key_random(struct submission *s)
{
    struct az_hash hash;
    randombytes_buf(hash.bytes, sizeof(hash.bytes));
    key_hex(s, &hash);
}

/* All that makes it the job that it is: the panel, the items, their gold. */
static int key_of(struct submission *s, struct az_error *err)
{
    const struct options *o = s->options;
    if (o->key) {
        size_t n = strlen(o->key);
        if (!n || n > AZ_WIRE_JOB_KEY_MAX)
            return az_fail(err, AZ_EUSAGE, "--key: expected 1 to %d bytes", AZ_WIRE_JOB_KEY_MAX);
        memcpy(s->key, o->key, n + 1);
        s->repeatable = true;
        return 0;
    }
    struct az_hash items;
    int r = o->again ? 0 : az_content_hash(s->items, &items, err);
    if (r < 0)
        return r;
    if (r == 0) {
        key_random(s);
        return 0;
    }
    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, az_buf_view(&s->yaml));
    az_hasher_str(&h, (struct az_str){(const char *)items.bytes, sizeof(items.bytes)});
    az_hasher_str(
        &h, o->gold ? (struct az_str){(const char *)s->gold_hash.bytes, sizeof(s->gold_hash.bytes)}
                    : (struct az_str){0});
    struct az_hash all = az_hasher_end(&h);
    key_hex(s, &all);
    s->repeatable = true;
    return 0;
}

static int name_of(struct submission *s, const char *panel, struct az_error *err)
{
    if (s->options->name) {
        if (strlen(s->options->name) > AZ_WIRE_JOB_NAME_MAX)
            return az_fail(err, AZ_EUSAGE, "--name: at most %d bytes", AZ_WIRE_JOB_NAME_MAX);
        snprintf(s->name, sizeof(s->name), "%s", s->options->name);
        return 0;
    }
    char p[96], i[96];
    az_path_stem(panel, p, sizeof(p));
    az_path_stem(strcmp(s->items, "-") ? s->items : "stdin", i, sizeof(i));
    snprintf(s->name, sizeof(s->name), "%s.%s", i, p);
    return 0;
}

/* ---- what is needed ---- */

static int read_panel(struct submission *s, const char *path, struct az_error *err)
{
    const struct options *o = s->options;
    int r = o->env_file ? az_env_file_load(o->env_file, err) : 0;
    if (r == 0)
        r = az_panel_load_elsewhere(path, o->backends, &o->set, &s->panel, err);
    if (r < 0)
        return r;
    az_panel_print(&s->yaml, s->panel, true);
    return az_buf_check(&s->yaml, err);
}

static int read_gold(struct submission *s, struct az_error *err)
{
    const char *path = s->options->gold;
    if (!path)
        return 0;
    int r = az_golds_read(path, &s->golds, err);
    if (r == 0)
        r = az_content_hash(path, &s->gold_hash, err);
    return AZ_MIN(r, 0);
}

static int prepare(struct submission *s, const char *panel, struct az_submit_config *config,
                   struct az_error *err)
{
    const struct options *o = s->options;
    int r = az_connect_config(&o->connect, &config->client, err);
    if (r == 0 && o->priority > PRIORITY_MAX)
        r = az_fail(err, AZ_EUSAGE, "'--priority %lld': at most %d", (long long)o->priority,
                    PRIORITY_MAX);
    if (r == 0 && o->deadline)
        r = az_span_parse("--deadline", o->deadline, &config->deadline_s, err);
    if (r == 0)
        r = az_feed_check(s->items, err);
    if (r == 0)
        r = read_panel(s, panel, err);
    if (r == 0)
        r = read_gold(s, err);
    if (r == 0)
        r = key_of(s, err);
    if (r == 0)
        r = name_of(s, panel, err);
    if (r == 0)
        r = az_lines_open(s->items, &s->lines, err);
    if (r < 0)
        return r;
    config->key = az_str(s->key);
    config->yaml = s->yaml.p;
    config->name = s->name;
    config->priority = (uint32_t)o->priority;
    config->patience_ms =
        AZ_MIN(o->timeout_s ? o->timeout_s : TIMEOUT_S, (int64_t)TIMEOUT_MAX_S) * 1000;
    config->in = s->lines;
    config->gold = s->golds ? on_gold : NULL;
    config->bad = on_bad;
    config->progress = o->quiet ? NULL : on_progress;
    config->arg = s;
    return 0;
}

/* ---- the end ---- */

static void put_counted(struct az_buf *b, int64_t n, const char *one, const char *many)
{
    az_human_count(b, n);
    az_buf_z(b, n == 1 ? one : many);
}

static void tell_new(struct az_buf *b, const struct az_submitted *done)
{
    az_buf_z(b, ": ");
    put_counted(b, AZ_MAX(done->lines - done->bad - done->repeated, (int64_t)0), " item", " items");
    if (done->bad) {
        az_buf_z(b, ", ");
        put_counted(b, done->bad, " bad line", " bad lines");
    }
    if (done->repeated) {
        az_buf_z(b, ", ");
        put_counted(b, done->repeated, " line that repeats an earlier item",
                    " lines that repeat an earlier item");
    }
}

/* Who can't be told the state is told the rest. False: there is nothing to follow. */
static bool tell_same(const struct submission *s, struct az_buf *b, uint64_t job)
{
    AZ_AUTO(client) c = NULL;
    const Assize__JobInfo *info = NULL;
    struct az_error err = {0};
    int r = az_connect_open(&s->options->connect, &c, &err);
    if (r == 0)
        r = az_connect_status(c, job, &info, &err);
    az_buf_z(b, ": the same was submitted before");
    if (r == 0)
        az_buf_fmt(b, ", and is %s", az_job_state_word(info->state));
    az_buf_z(b, " (--again makes a new one)");
    return r < 0 || info->state != ASSIZE__JOB_STATE__CANCELLED;
}

static void tell(const struct submission *s, const struct az_submitted *done)
{
    AZ_AUTO_BUF b = az_buf(4096);
    if (s->options->quiet)
        return;
    az_buf_fmt(&b, "job %" PRIu64, done->job);
    bool follow = true;
    if (done->complete)
        follow = tell_same(s, &b, done->job);
    else
        tell_new(&b, done);
    if (follow)
        az_buf_fmt(&b, "; follow it with: assize watch %" PRIu64, done->job);
    if (b.p)
        az_say("%s", b.p);
}

static int finish(const struct submission *s, const struct az_submitted *done, int r,
                  struct az_error *err)
{
    if (r == AZ_EGONE && done->job && s->repeatable) {
        az_hint(err, "Job %" PRIu64 " has what was sent; the same command goes on.", done->job);
        return az_report(err, AZ_EXIT_UNFINISHED);
    }
    if (r < 0)
        return az_report(err, az_exit_of(err));
    AZ_AUTO_BUF b = az_buf(64);
    az_buf_fmt(&b, "%" PRIu64 "\n", done->job);
    int code = az_print(&b);
    if (code == 0)
        tell(s, done);
    return code;
}

static int submit(const struct options *o, const char *panel, const char *items)
{
    struct submission s = {.options = o, .items = items, .yaml = az_buf(AZ_WIRE_FRAME_MAX / 2)};
    struct az_submit_config config = {0};
    struct az_submitted done = {0};
    struct az_error err = {0};
    int r = prepare(&s, panel, &config, &err);
    if (r == 0 && !o->quiet)
        az_say_promises(s.panel);
    az_live_line_init(&s.line, 2);
    if (r == 0)
        r = az_submit(&config, &done, &err);
    az_live_line_end(&s.line);
    if (r == 0 && !done.complete)
        r = az_lines_check_any(s.lines, &err);
    int code = finish(&s, &done, r, &err);
    az_lines_free(s.lines);
    az_golds_free(s.golds);
    az_buf_release(&s.yaml);
    az_panel_free(s.panel);
    return code;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[2];
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(table, argc, argv, &o, args, 2, &n, &err);
    if (r == 0 && n < 2) {
        r = az_fail(&err, AZ_EUSAGE, "submit wants a panel and items");
        az_hint(&err, "assize submit PANEL.yaml ITEMS.jsonl --to ENDPOINT");
    }
    return r < 0 ? az_report(&err, az_exit_of(&err)) : submit(&o, args[0], args[1]);
}

const struct az_command az_cmd_submit = {
    .name = "submit",
    .args = "PANEL ITEMS",
    .summary = "send a job to a coordinator; prints its number",
    .more = "The panel is sent with all that it names written out, but for backends, of which\n"
            "only names and kinds are sent: the coordinator's workers must know them. The\n"
            "same panel and items are the same job: a command that broke off goes on.",
    .options = table,
    .run = run,
};
