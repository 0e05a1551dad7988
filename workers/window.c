#include "workers/window.h"

void az_window_init(struct az_window *w, int start, int ceiling)
{
    az_assert(start >= 1 && start <= ceiling);
    *w = (struct az_window){.size = start, .ceiling = ceiling};
}

void az_window_set(struct az_window *w, int size)
{
    az_assert(size >= 1);
    w->size = size;
    w->ceiling = size;
}

int az_window_size(const struct az_window *w)
{
    return (int)w->size;
}

bool az_window_room(const struct az_window *w)
{
    return w->in_flight < az_window_size(w);
}

void az_window_start(struct az_window *w)
{
    w->in_flight++;
}

static void grow(struct az_window *w, int were_in_flight)
{
    /* A window that is not used says nothing about a larger one. */
    if (were_in_flight >= az_window_size(w))
        w->size = AZ_MIN(w->size + 1 / w->size, (double)w->ceiling);
}

static void halve(struct az_window *w, az_ms started, az_ms now)
{
    if (w->was_cut && started <= w->cut_at)
        return;
    w->size = AZ_MAX(w->size / 2, 1.0);
    w->was_cut = true;
    w->cut_at = now;
}

void az_window_end(struct az_window *w, enum az_window_end how, az_ms started, az_ms now)
{
    az_assert(w->in_flight > 0);
    int were_in_flight = w->in_flight--;
    if (how == AZ_WINDOW_OK)
        grow(w, were_in_flight);
    else if (how == AZ_WINDOW_OVERLOAD)
        halve(w, started, now);
    az_assert(w->size >= 1 && w->size <= w->ceiling);
}
