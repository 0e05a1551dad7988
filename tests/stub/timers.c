#include "core/error.h"
#include "core/mem.h"
#include "tests/stub/conn.h"

static void put(struct timers *t, size_t i, struct conn *c)
{
    t->at[i] = c;
    c->timer = i + 1;
}

static void up(struct timers *t, size_t i)
{
    struct conn *c = t->at[i];
    for (; i && t->at[(i - 1) / 2]->due_ns > c->due_ns; i = (i - 1) / 2)
        put(t, i, t->at[(i - 1) / 2]);
    put(t, i, c);
}

static void down(struct timers *t, size_t i)
{
    struct conn *c = t->at[i];
    for (size_t child; (child = 2 * i + 1) < t->n; i = child) {
        if (child + 1 < t->n && t->at[child + 1]->due_ns < t->at[child]->due_ns)
            child++;
        if (t->at[child]->due_ns >= c->due_ns)
            break;
        put(t, i, t->at[child]);
    }
    put(t, i, c);
}

int timers_set(struct timers *t, struct conn *c, int64_t due_ns)
{
    timers_unset(t, c);
    int r = az_grow(&t->at, &t->cap, t->n + 1, sizeof(*t->at));
    if (r < 0)
        return r;
    c->due_ns = due_ns;
    put(t, t->n++, c);
    up(t, t->n - 1);
    return 0;
}

void timers_unset(struct timers *t, struct conn *c)
{
    if (!c->timer)
        return;
    size_t i = c->timer - 1;
    c->timer = 0;
    struct conn *last = t->at[--t->n];
    if (last == c)
        return;
    put(t, i, last);
    up(t, i);
    down(t, last->timer - 1);
}

struct conn *timers_due(struct timers *t, int64_t now_ns)
{
    if (!t->n || t->at[0]->due_ns > now_ns)
        return NULL;
    struct conn *c = t->at[0];
    timers_unset(t, c);
    return c;
}
