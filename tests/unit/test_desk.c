#include "coordinator/desk.h"

#include "coordinator/reception.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { JOBS = 4, NOW_S = 1000 };

/* A desk, its jobs, and a catalog that commits when it is told to. */
struct scene {
    struct az_desk desk;
    struct job {
        struct az_desk_job desk;
        struct az_job_record rec;
    } jobs[JOBS];
    struct job *job; /* that is spoken of */
    int n;
    uint64_t ticket, committed;
    struct az_buf said;
    int64_t now_s;
    bool no_memory;
};

static const struct az_asked asked = {.peer = 1, .session = 1, .request = 1};

static void say(struct scene *s, const char *fmt, ...) AZ_PRINTF(2, 3);
static void say(struct scene *s, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    az_buf_fmt(&s->said, "%s%s", s->said.n ? " " : "", text);
}

static void did(struct scene *s, const struct az_desk_effect *e)
{
    static const char *const names[] = {
        [AZ_DESK_PUT] = "put",         [AZ_DESK_DROP] = "drop",     [AZ_DESK_SUBMITTED] = "told",
        [AZ_DESK_CHUNKED] = "chunked", [AZ_DESK_DONE] = "done",     [AZ_DESK_FAILED] = "failed",
        [AZ_DESK_OPEN] = "open",       [AZ_DESK_CLOSE] = "close",   [AZ_DESK_HALT] = "halt",
        [AZ_DESK_WEIGHT] = "weight",   [AZ_DESK_LIMIT] = "limit",   [AZ_DESK_LEAVE] = "leave",
        [AZ_DESK_GONE] = "gone",       [AZ_DESK_REMOVE] = "remove", [AZ_DESK_NOTHING] = "",
    };
    const struct job *job = (struct job *)e->job;
    if (e->kind == AZ_DESK_PUT || e->kind == AZ_DESK_DROP)
        az_desk_put(e->job, ++s->ticket);
    if (e->kind == AZ_DESK_FAILED)
        say(s, "failed(%s)", e->err.what);
    else if (e->kind == AZ_DESK_LIMIT)
        say(s, "limit(%lld)", (long long)(e->usd / 1000000000));
    else if (e->kind == AZ_DESK_PUT && e->changed)
        say(s, "%s", az_job_state_name(job->rec.state));
    else if (e->kind == AZ_DESK_OPEN)
        say(s, "open%d", (int)job->rec.id);
    else if (e->kind != AZ_DESK_NOTHING)
        say(s, "%s%s", names[e->kind], e->existed ? "(again)" : e->at_once ? "(now)" : "");
    if (e->job)
        e->job->chores--;
}

static int run(struct scene *s)
{
    struct az_desk_effect e;
    struct az_error err = {0};
    int r;
    while ((r = az_desk_next(&s->desk, s->committed, &e, &err)) > 0)
        did(s, &e);
    return r;
}

static struct job *new_job(struct scene *s, const char *key)
{
    struct job *job = &s->jobs[s->n++];
    az_desk_begin(&job->rec, s->n, 0, 0, NOW_S);
    job->rec.owner = strdup("team");
    job->rec.key = strdup(key);
    job->desk.rec = &job->rec;
    az_desk_add(&s->desk, &job->desk);
    return job;
}

/* "a:": the job of that key, a new one if there is none. */
static void speak_of(struct scene *s, const char *key)
{
    char text[2] = {*key};
    struct az_desk_job *had = az_desk_by_key(&s->desk, "team", text);
    s->job = had ? (struct job *)had : new_job(s, text);
}

static int chunk(struct scene *s, const char *word, struct az_error *err)
{
    bool take = false;
    int r = az_desk_chunk(&s->desk, &s->job->desk, &asked, strtoull(word, NULL, 10), &take, err);
    if (take)
        say(s, "take");
    return r;
}

static int taken(struct scene *s, const char *word, bool last, struct az_error *err)
{
    struct az_desk_taken t = {.progress = {.chunks = strtoll(word, NULL, 10), .sealed = last}};
    if (*word == '-')
        t.code = az_fail(err, AZ_EOUTPUT, "full");
    return az_desk_taken(&s->desk, &s->job->desk, &asked, &t, NOW_S, err);
}

static int set(struct scene *s, const char *word, struct az_error *err)
{
    char *all[] = {(char *)word};
    return az_desk_set(&s->desk, &s->job->desk, &asked, all, 1, NULL, NOW_S, err);
}

static int made(struct scene *s, bool well, struct az_error *err)
{
    struct az_desk_made m = {.limit = -1};
    if (!well)
        m.code = az_fail(err, AZ_EOUTPUT, "full");
    return az_desk_made(&s->desk, &s->job->desk, &asked, &m, NOW_S, err);
}

static int found(struct scene *s, bool well, struct az_error *err)
{
    struct az_store_progress p = {.chunks = 1};
    int code = well ? 0 : az_fail(err, AZ_ECHANGED, "another");
    return az_desk_found(&s->desk, &s->job->desk, &asked, code, &p, err);
}

static int ended(struct scene *s, enum az_job_event how, struct az_error *err)
{
    s->job->desk.end = how;
    snprintf(s->job->desk.why, sizeof(s->job->desk.why), "spent");
    return az_desk_ended(&s->desk, &s->job->desk, err);
}

static int retry(struct scene *s, int64_t failed, struct az_error *err)
{
    struct az_job_figures now = {.failed = failed};
    return az_desk_retry(&s->desk, &s->job->desk, &asked, &now, NOW_S, err);
}

static int prune(struct scene *s, struct az_error *err)
{
    struct az_asker who = {.principal = "team", .submits = true};
    return az_desk_prune(&s->desk, &asked, &who, false, 0, NOW_S, err);
}

static int step(struct scene *s, const char *word, struct az_error *err)
{
    struct az_desk *d = &s->desk;
    struct az_desk_job *job = s->job ? &s->job->desk : NULL;
    if (word[1] == ':')
        speak_of(s, word);
    else if (*word == '@') /* so many seconds later, and it is looked at */
        return az_desk_deadlines(d, s->now_s += strtoll(word + 1, NULL, 10), err);
    else if (*word == '+')
        s->committed = s->ticket;
    else if (!strcmp(word, "one"))
        s->committed++;
    else if (!strncmp(word, "chunk", 5))
        return chunk(s, word + 5, err);
    else if (!strncmp(word, "taken", 5))
        return taken(s, word + 5, false, err);
    else if (!strncmp(word, "last", 4))
        return taken(s, word + 4, true, err);
    else if (strchr(word, '='))
        return set(s, word, err);
    else if (!strcmp(word, "made") || !strcmp(word, "unmade"))
        return made(s, *word == 'm', err);
    else if (!strcmp(word, "found") || !strcmp(word, "other"))
        return found(s, *word == 'f', err);
    else if (!strcmp(word, "opened"))
        return az_desk_opened(d, job, az_desk_wanted(d, job, s->now_s), 0, "", s->now_s, err);
    else if (!strcmp(word, "broke"))
        return ended(s, AZ_ON_BUDGET, err);
    else if (!strcmp(word, "finished"))
        return ended(s, AZ_ON_DONE, err);
    else if (!strcmp(word, "left"))
        return ended(s, AZ_ON_LEFT, err);
    else if (!strcmp(word, "closed"))
        return az_desk_closed(d, job, 0, "", s->now_s, err);
    else if (!strcmp(word, "pause"))
        return az_desk_control(d, job, &asked, AZ_DESK_PAUSE, NOW_S, err);
    else if (!strcmp(word, "resume"))
        return az_desk_control(d, job, &asked, AZ_DESK_RESUME, NOW_S, err);
    else if (!strcmp(word, "cancel"))
        return az_desk_control(d, job, &asked, AZ_DESK_CANCEL, NOW_S, err);
    else if (!strcmp(word, "retry") || !strcmp(word, "retry0"))
        return retry(s, word[5] ? 0 : 1, err);
    else if (!strcmp(word, "prune"))
        return prune(s, err);
    else
        fail_msg("'%s'", word);
    return 0;
}

/* What comes of each step, parted by " | ". AZ_ENOMEM ends it. */
static int play(struct scene *s, const char *steps)
{
    AZ_AUTO_MEM char *copy = strdup(steps);
    *s = (struct scene){.said = az_buf(1 << 16), .now_s = NOW_S};
    az_desk_init(&s->desk, 1);
    for (char *rest = copy, *word; (word = strsep(&rest, " "));) {
        struct az_error err = {0};
        int r = step(s, word, &err);
        if (r == 0)
            r = run(s);
        else if (r != AZ_ENOMEM)
            say(s, "no(%s)", err.what);
        if (r == AZ_ENOMEM)
            return r;
        if (rest && word[1] != ':')
            say(s, "|");
    }
    return 0;
}

static void end(struct scene *s)
{
    struct az_desk_effect e;
    while (az_desk_drop(&s->desk, &e))
        continue;
    for (int j = 0; j < s->n; j++)
        az_job_record_release(&s->jobs[j].rec);
    az_buf_release(&s->said);
}

#define HERE "a: made + chunk0 last1 + opened + " /* a job that runs */
#define THERE "put | told | take | waiting chunked open1 | | running | | "

static const struct {
    const char *name, *steps, *want;
} cases[] = {
    {"a number is told once its record is durable", "a: made +", "put | told"},
    {"what was not made is gone", "a: unmade", "failed(full) gone"},
    {"its key is free again", "a: unmade a: made +", "failed(full) gone | put | told"},
    {"nor found by who waited for it", "a: unmade found",
     "failed(full) gone | failed(job 1 of this key went just now)"},
    {"again: once the first is durable", "a: made found +", "put | | told told(again)"},
    {"the same key, another panel", "a: made + other", "put | told | failed(another)"},
    {"two keys are two jobs", "a: made b: made one one", "put | put | told | told"},
    {"a chunk", "a: made + chunk0 taken1", "put | told | take | chunked"},
    {"a chunk whose write failed", "a: made + chunk0 taken-", "put | told | take | failed(full)"},
    {"the last one, and the job has its turn", "a: made + chunk0 last1",
     "put | told | take | waiting chunked open1"},
    {"a chunk that came before, of a sealed job", "a: made + chunk0 last1 chunk0 chunk1",
     "put | told | take | waiting chunked open1 | chunked | failed(job 1 has all its items)"},
    {"of a cancelled one", "a: made + cancel + chunk0",
     "put | told | cancelled halt(now) leave | done | failed(job 1 is cancelled)"},
    {"one at a time, by priority", HERE "b: made + priority=200 + chunk0 last1 a: finished closed",
     THERE "put | told | put | done | take | waiting chunked | close | done open2"},
    {"a verb is told once it is durable", HERE "pause + left closed resume + opened",
     THERE "paused halt | done | close | put | waiting open1 | done | running"},
    {"a limit holds once it is durable", HERE "limits.usd=5 +", THERE "put | limit(5) weight done"},
    {"each its own", HERE "limits.usd=5 limits.usd=9 one one",
     THERE "put | put | limit(5) weight done | limit(9) weight done"},
    {"a job is not opened before what was set of it is durable",
     "a: made + limits.usd=5 chunk0 last1 +",
     "put | told | put | take | waiting chunked | done open1"},
    {"what was set while it was opened holds as soon as it runs",
     "a: made + chunk0 last1 limits.usd=5 + opened",
     "put | told | take | waiting chunked open1 | put | done | running limit(5)"},
    {"a limit that came as the old one was spent", HERE "limits.usd=5 broke closed +",
     THERE "put | close | waiting | done open1"},
    {"a budget that is spent, and raised", HERE "broke closed limits.usd=5 one +",
     THERE "close | stopped | waiting put | | done open1"},
    {"what failed is asked again, once that is durable", HERE "finished closed retry +",
     THERE "close | done | waiting | done open1"},
    {"and nothing did", HERE "finished closed retry0 +", THERE "close | done | | done"},
    {"of a job that runs", HERE "retry left closed +",
     THERE "put halt | close | waiting | done open1"},
    {"of one that is being opened: once more", "a: made + chunk0 last1 retry opened closed +",
     "put | told | take | waiting chunked open1 | put | close | put | done open1"},
    {"a record goes before its directory", HERE "finished closed prune +",
     THERE "close | done | drop | remove done"},
    {"a chunk that was being taken went with it", "a: made + chunk0 cancel + prune + taken1",
     "put | told | take | cancelled halt(now) leave | done | drop | remove done | failed(no job "
     "1)"},
    {"nothing to prune", HERE "prune", THERE "done"},
    {"at its deadline nobody new is asked", HERE "deadline=9 + @9 left closed",
     THERE "put | weight done | halt | close | stopped"},
    {"that was put off meanwhile", HERE "deadline=9 + @9 deadline=99 + left closed",
     THERE "put | weight done | halt | put | weight done | close | waiting open1"},
    {"one that passes while it is opened", "a: made + deadline=9 + chunk0 last1 @9 opened closed",
     "put | told | put | done | take | waiting chunked open1 | | close | stopped"},
    {"one that all was decided before", HERE "deadline=9 + @9 finished closed",
     THERE "put | weight done | halt | close | done"},
    {"refused", HERE "limits.us=5 resume finished closed pause",
     THERE "no('limits.us' of a job that is there cannot be changed) | done | close | done | "
           "no(job 1 cannot be paused: it is done)"},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct scene s;
        assert_int_equal(play(&s, cases[i].steps), 0);
        if (strcmp(s.said.p ? s.said.p : "", cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, s.said.p, cases[i].want);
        end(&s);
    }
}

static void without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct scene s;
            az_fault_alloc(nth);
            r = play(&s, cases[i].steps);
            az_fault_alloc(0);
            end(&s);
        }
        assert_int_equal(r, 0);
    }
}

/* ---- reception ---- */

/* Lines "12 13": their numbers; "!" after the last chunk. */
static int receive(struct az_reception *r, int64_t index, const char *numbers, uint64_t ticket,
                   struct az_error *err)
{
    struct az_chunk_line lines[8];
    struct az_chunk c = {.index = index, .lines = lines, .last = strchr(numbers, '!')};
    struct az_bad_lines bad = {0};
    for (const char *at = numbers; *at && *at != '!'; at += strspn(at, " ")) {
        lines[c.n++].number = strtoll(at, (char **)&at, 10);
    }
    int code = az_reception_chunk(r, &c, err);
    if (code != AZ_CHUNK_NEXT)
        return code;
    for (size_t i = 0; i < c.n; i++)
        (void)az_reception_item(r);
    (void)az_reception_end(r, &c);
    (void)bad;
    az_reception_submitted(r, ticket);
    return 0;
}

static void chunk_by_chunk(void **state)
{
    (void)state;
    struct az_store_totals none = {0};
    struct az_error err = {0};
    struct az_reception r = az_reception(&none);
    assert_int_equal(receive(&r, 1, "1", 1, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 1, and chunk 0 has not come");
    assert_int_equal(receive(&r, 0, "1 2 5", 7, &err), 0);
    assert_false(az_reception_committed(&r, 6));
    assert_int_equal(r.durable.progress.chunks, 0); /* nothing of it before its write */
    assert_true(az_reception_committed(&r, 7));
    assert_int_equal(r.durable.progress.chunks, 1);
    assert_int_equal(r.durable.progress.last_line, 5);
    assert_int_equal(r.durable.items, 3);
    assert_int_equal(receive(&r, 0, "1 2 5", 8, &err), AZ_CHUNK_BEFORE);
    assert_int_equal(receive(&r, 1, "6 5", 8, &err), AZ_EINVAL);
    assert_int_equal(receive(&r, 1, "5 6", 8, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 1: line 5 after line 5");
    struct az_chunk late = {.index = 1, .after = 4}; /* cut by somebody else */
    assert_int_equal(az_reception_chunk(&r, &late, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 1: it goes on after line 4, not 5");
    late.after = 5;
    assert_int_equal(az_reception_chunk(&r, &late, &err), AZ_CHUNK_NEXT);
    assert_int_equal(receive(&r, 1, "6!", 8, &err), 0); /* its write fails, and it comes again */
    assert_int_equal(receive(&r, 1, "6!", 9, &err), 0);
    assert_true(az_reception_committed(&r, 9));
    assert_true(r.durable.progress.sealed);
    assert_int_equal(r.durable.next_seq, 4);
    assert_int_equal(receive(&r, 2, "7", 10, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 2, and chunk 1 was the last");
}

static void lines_are_counted(void **state)
{
    (void)state;
    struct az_store_totals had = {.items = 2, .next_seq = 2, .progress = {.chunks = 1, .lines = 2}};
    struct az_reception r = az_reception(&had);
    struct az_bad_lines bad = {0};
    struct az_chunk c = {.index = 1};
    assert_int_equal(az_reception_chunk(&r, &c, NULL), AZ_CHUNK_NEXT);
    assert_int_equal(az_reception_item(&r), 2);
    az_reception_double(&r, 4, AZ_STR("a"), true, &bad);
    az_reception_double(&r, 5, AZ_STR("a"), false, &bad);
    for (int i = 0; i < AZ_BAD_TOLD; i++)
        az_reception_bad(&r, 6 + i, "no", &bad);
    const struct az_store_progress *p = az_reception_end(&r, &c);
    assert_int_equal(p->lines, 2 + 3 + AZ_BAD_TOLD);
    assert_int_equal(p->doubles, 1);
    assert_int_equal(p->bad_lines, 1 + AZ_BAD_TOLD);
    assert_int_equal(bad.n, AZ_BAD_TOLD);
    assert_string_equal(bad.v[0].what, "id 'a' again, with another content");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(chunk_by_chunk),
        cmocka_unit_test(lines_are_counted),
    };
    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
