/* coordinator/stream.h: one reader of a job's verdicts: from which position, how much
 * at once, and when again. Pure; times are az_ms.
 *
 * A reading: az_stream_begin(), then for each case from `at` on az_stream_case() and,
 * where that says so, its line and az_stream_line(), until one says AZ_STREAM_ENOUGH;
 * then az_stream_read(). What is to be sent goes out in one message, and
 * az_stream_sent() says what comes next. Between two readings only its place is kept,
 * and that moves only with a message that went out: whoever asks again from `next`
 * gets each verdict once. */
#pragma once
#include "core/base.h"

struct az_stream {
    bool follow, as_they_come; /* until nothing more will come; by decision, not by item */
    int64_t at;                /* the next position */
    int64_t credit;            /* bytes that may be sent; may be overdrawn by a line */
    az_ms retry, retry_ms;
    bool idle;  /* it has read all there is */
    bool woken; /* there may be more, since it began to read */
    bool busy;  /* it reads or sends */

    /* of one reading */
    bool final; /* nothing more will come */
    int64_t budget, bytes, cases, lines;
    int64_t after;            /* its place once this is sent */
    int64_t open, first_open; /* items that were passed over: how many, and the first */
    bool all;                 /* nothing is left to read now */
};

struct az_stream az_stream(int64_t from, int64_t credit, bool follow, bool as_they_come);
/* Saturates. */
void az_stream_more(struct az_stream *s, int64_t credit);
/* There may be more to read. */
void az_stream_wake(struct az_stream *s);
/* May it read now? False: at `*until`, if that is earlier than what it was. */
bool az_stream_ready(const struct az_stream *s, az_ms now, az_ms *until);

void az_stream_begin(struct az_stream *s, bool final);
enum {
    AZ_STREAM_MORE = 0,   /* go on with the next case */
    AZ_STREAM_ENOUGH = 1, /* of this message */
    AZ_STREAM_OPEN = 2,   /* an item without a verdict, which is waited for */
    AZ_STREAM_LINE = 3,   /* print this one, then az_stream_line() */
};
/* `pos`: its place in the order of decisions. Not LINE: what to do. */
int az_stream_case(struct az_stream *s, int64_t seq, int64_t pos, bool decided);
/* The line was printed, `bytes` long. MORE or ENOUGH. */
int az_stream_line(struct az_stream *s, int64_t seq, int64_t pos, int64_t bytes);
/* All cases were seen, or one said AZ_STREAM_ENOUGH (`enough`). */
void az_stream_read(struct az_stream *s, bool enough);

bool az_stream_is_last(const struct az_stream *s); /* its message says so */
bool az_stream_says(const struct az_stream *s);    /* is there a message at all? */
/* The message went out; or its queue is full (`full`), and it is read again, later each
 * time. True: it is over. */
bool az_stream_sent(struct az_stream *s, bool full, az_ms now);
