#include "coordinator/stream.h"
#include "core/plant.h"

enum {
    READ_BYTES = 256 << 10, /* of lines in one message, or one line that is longer */
    READ_LINES = 4096,
    READ_CASES = 16384, /* looked at for one message */
    RETRY_MS = 100,     /* the first time; then twice as long, up to … */
    RETRY_MAX_MS = 10000,
};

struct az_stream az_stream(int64_t from, int64_t credit, bool follow, bool as_they_come)
{
    return (struct az_stream){
        .follow = follow, .as_they_come = as_they_come, .at = from, .credit = credit};
}

void az_stream_more(struct az_stream *s, int64_t credit)
{
    if (__builtin_add_overflow(s->credit, credit, &s->credit))
        s->credit = INT64_MAX;
}

void az_stream_wake(struct az_stream *s)
{
    s->idle = false;
    s->woken = true;
}

bool az_stream_ready(const struct az_stream *s, az_ms now, az_ms *until)
{
    if (s->busy || s->idle || s->credit <= 0)
        return false;
    if (s->retry > now)
        *until = AZ_MIN(*until, s->retry);
    return s->retry <= now;
}

/* ---- one reading ---- */

void az_stream_begin(struct az_stream *s, bool final)
{
    s->final = final;
    s->budget = AZ_MIN(s->credit, (int64_t)READ_BYTES);
    s->bytes = s->cases = s->lines = s->open = s->first_open = 0;
    s->after = s->at;
    s->woken = false;
    s->busy = true;
}

static int past(struct az_stream *s, int64_t seq, int64_t pos)
{
    s->after = (s->as_they_come ? pos : seq) + 1;
    bool enough = s->bytes >= s->budget || s->lines == READ_LINES || ++s->cases == READ_CASES;
    return enough ? AZ_STREAM_ENOUGH : AZ_STREAM_MORE;
}

int az_stream_case(struct az_stream *s, int64_t seq, int64_t pos, bool decided)
{
    if (decided)
        return AZ_STREAM_LINE;
    if (s->follow && !s->final)
        return AZ_STREAM_OPEN;
    if (!s->open++)
        s->first_open = seq;
    return past(s, seq, pos);
}

int az_stream_line(struct az_stream *s, int64_t seq, int64_t pos, int64_t bytes)
{
    s->bytes += bytes;
    s->lines++;
    return past(s, seq, pos);
}

void az_stream_read(struct az_stream *s, bool enough)
{
    s->all = !enough;
}

/* ---- its message ---- */

bool az_stream_is_last(const struct az_stream *s)
{
    return s->all && (!s->follow || s->final);
}

bool az_stream_says(const struct az_stream *s)
{
    return s->lines || az_stream_is_last(s) || s->after != s->at;
}

bool az_stream_sent(struct az_stream *s, bool full, az_ms now)
{
    s->busy = false;
    if (full && !AZ_PLANTED(AZ_PLANT_UNSENT_PASSED)) {
        s->retry_ms = AZ_MIN(AZ_MAX(2 * s->retry_ms, (az_ms)RETRY_MS), (az_ms)RETRY_MAX_MS);
        s->retry = now + s->retry_ms;
        return false;
    }
    s->retry_ms = 0;
    s->at = s->after;
    s->credit -= s->bytes;
    s->idle = s->all && !s->woken;
    return az_stream_is_last(s);
}
