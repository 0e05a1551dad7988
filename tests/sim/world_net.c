/* The network: connections whose frames keep their order, come late, and are lost
 * from some frame on when it breaks. ZeroMQ connects again by itself, and what a
 * socket could not send yet goes with the new connection. */
#include "core/mem.h"
#include "tests/sim/world.h"

static void pipe_init(struct pipe *p)
{
    *p = (struct pipe){.tail = &p->head};
}

static void pipe_put(struct world *w, struct conn *c, struct pipe *p, struct az_str bytes)
{
    struct frame *f = az_alloc(sizeof(*f));
    az_assert(f);
    p->last = AZ_MAX(p->last + 1, w->now + (az_ms)world_roll(w, BY_NET, (uint64_t)w->net_ms));
    *f = (struct frame){.at = p->last, .bytes = bytes};
    *p->tail = f;
    p->tail = &f->next;
    world_at(w, f->at,
             (struct event){.kind = p == &c->up ? EV_UP : EV_DOWN, .who = c->who, .life = c->id});
}

/* All from the nth on. */
static void pipe_cut(struct pipe *p, uint64_t n)
{
    struct frame **at = &p->head;
    while (*at && n-- > 0)
        at = &(*at)->next;
    for (struct frame *f = *at, *next; f; f = next) {
        next = f->next;
        free((char *)f->bytes.p);
        free(f);
    }
    *at = NULL;
    p->tail = at;
}

static uint64_t pipe_length(const struct pipe *p)
{
    uint64_t n = 0;
    for (const struct frame *f = p->head; f; f = f->next)
        n++;
    return n;
}

struct conn *net_conn(struct world *w, int id)
{
    struct conn *c = w->conns;
    while (c && c->id != id)
        c = c->next;
    return c;
}

/* Gone for both sides; a part of what was on its way may still come. */
static void conn_break(struct world *w, struct conn *c, bool linger)
{
    if (!linger)
        pipe_cut(&c->up, world_roll(w, BY_NET, pipe_length(&c->up) + 1));
    pipe_cut(&c->down, 0);
    c->open = false;
}

/* What nobody waits for and nothing comes through any more. */
static void conns_sweep(struct world *w)
{
    for (struct conn **at = &w->conns; *at;) {
        struct conn *c = *at;
        bool seated = false;
        for (int s = 0; s < WORLD_SEATS; s++)
            seated = seated || (w->seats[s].state == SEAT_LIVE && w->seats[s].conn == c->id);
        if (c->open || c->up.head || seated) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        free(c);
    }
}

/* ---- the worker's side ---- */

enum { MANGLED_MS = 600000 }; /* a worker that never says a whole sentence ends nothing */

/* Duplicated, swapped with the one before, or cut off. */
static bool mangle(struct world *w, struct conn *c, struct az_str *frame)
{
    if (c->who != w->mangler || w->now > MANGLED_MS ||
        (int)world_roll(w, BY_NET, 1000) >= w->mangled)
        return false;
    uint64_t way = world_roll(w, BY_NET, 3);
    world_say(w, "worker %d's frame is %s", c->who,
              way == 0   ? "sent twice"
              : way == 1 ? "out of order"
                         : "cut off");
    struct frame *before = c->up.head;
    if (way == 0) {
        char *copy = az_alloc(frame->n + 1);
        az_assert(copy);
        memcpy(copy, frame->p, frame->n);
        pipe_put(w, c, &c->up, (struct az_str){copy, frame->n});
    } else if (way == 1 && before) {
        struct az_str bytes = before->bytes;
        before->bytes = *frame;
        *frame = bytes;
    } else {
        frame->n /= 2;
        memset((char *)frame->p, 0xff, frame->n);
    }
    return true;
}

static void to_conn(struct world *w, struct conn *c, struct az_str frame)
{
    (void)mangle(w, c, &frame);
    pipe_put(w, c, &c->up, frame);
}

void net_send_up(struct world *w, int who, struct az_str frame)
{
    struct worker *k = &w->workers[who];
    if (k->conn) {
        to_conn(w, k->conn, frame);
        return;
    }
    struct frame *f = az_alloc(sizeof(*f)), **end = &k->waiting;
    az_assert(f);
    *f = (struct frame){.bytes = frame};
    while (*end)
        end = &(*end)->next;
    *end = f;
}

static void connect_later(struct world *w, int who)
{
    world_at(w, w->now + 1 + (az_ms)world_roll(w, BY_NET, 200),
             (struct event){.kind = EV_CONNECT, .who = who, .life = w->workers[who].socket});
}

void net_socket(struct world *w, int who)
{
    w->workers[who].socket++;
    connect_later(w, who);
}

void net_connect(struct world *w, struct event *e)
{
    struct worker *k = &w->workers[e->who];
    if (!k->alive || k->conn || k->socket != e->life)
        return;
    if (!w->up || k->cut_until > w->now) {
        connect_later(w, e->who);
        return;
    }
    struct conn *c = az_zalloc(sizeof(*c));
    az_assert(c);
    *c = (struct conn){.next = w->conns, .id = ++w->last_conn, .who = e->who, .open = true};
    pipe_init(&c->up);
    pipe_init(&c->down);
    w->conns = k->conn = c;
    world_say(w, "worker %d connects: connection %d", e->who, c->id);
    for (struct frame *f; (f = k->waiting);) {
        k->waiting = f->next;
        to_conn(w, c, f->bytes);
        free(f);
    }
}

void net_close(struct world *w, int who, bool linger)
{
    struct worker *k = &w->workers[who];
    k->socket++; /* no event of the old one counts */
    for (struct frame *f; (f = k->waiting);) {
        k->waiting = f->next;
        free((char *)f->bytes.p);
        free(f);
    }
    if (k->conn)
        conn_break(w, AZ_TAKE(k->conn), linger);
    conns_sweep(w);
}

void net_break(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    if (!k->conn)
        return;
    world_say(w, "connection %d breaks", k->conn->id);
    conn_break(w, AZ_TAKE(k->conn), false);
    connect_later(w, who);
    conns_sweep(w);
}

void net_break_all(struct world *w)
{
    for (struct conn *c = w->conns; c; c = c->next) {
        pipe_cut(&c->up, 0);
        if (c->open)
            conn_break(w, c, false);
    }
    for (int who = 0; who < w->n_workers; who++) {
        if (w->workers[who].conn)
            connect_later(w, who);
        w->workers[who].conn = NULL;
    }
    conns_sweep(w);
}

/* ---- the coordinator's side ---- */

/* That a peer has gone is found out after what it sent has come, sooner or later. */
bool net_send_down(struct world *w, int id, struct az_str frame)
{
    struct conn *c = net_conn(w, id);
    if (c && !c->open && !c->up.head && !world_roll(w, BY_NET, 3))
        c->deaf = true;
    if (!c || !c->open || c->deaf) {
        free((char *)frame.p);
        return c && !c->deaf;
    }
    pipe_put(w, c, &c->down, frame);
    return true;
}

bool net_take(struct world *w, struct event *e, struct az_str *frame)
{
    struct conn *c = net_conn(w, e->life);
    struct pipe *p = c ? (e->kind == EV_UP ? &c->up : &c->down) : NULL;
    struct frame *f = p ? p->head : NULL;
    if (!f || f->at > w->now)
        return false;
    *frame = f->bytes;
    p->head = f->next;
    if (!p->head)
        p->tail = &p->head;
    free(f);
    return true;
}

void net_release(struct world *w)
{
    for (struct conn *c = w->conns, *next; c; c = next) {
        next = c->next;
        pipe_cut(&c->up, 0);
        pipe_cut(&c->down, 0);
        free(c);
    }
    w->conns = NULL;
}
