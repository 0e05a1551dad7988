/* bench_wire ENDPOINT [BALLOTS [curve]]: the floor of a service: the same
 * messages as coordinator and worker exchange, and each ballot durable, with
 * nothing around it. One process sends questions as long as the other has credit,
 * takes its answers apart and hands the ballots to a thread that commits them to
 * SQLite (WAL, FULL, each 1000 rows and what waits by then, up to 5 ms, as the store does; many
 * rows a statement); the other answers at once. Prints ballots a second until the last is durable.
 * What is made is removed. */
#include <pthread.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "core/io_queue.h"
#include "core/item.h"
#include "core/mem.h"
#include "core/wire.h"
#include "core/wire_model.h"

enum { BATCH = 256, CREDIT = 4096, COMMIT_ROWS = 1000, AT_ONCE = 16, JUDGES = 3 };

#define COMMIT_S 0.005 /* at the latest after */

static void fail(const char *what)
{
    fprintf(stderr, "bench_wire: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void check(int r, const char *what)
{
    if (r < 0)
        fail(what);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the disk ---- */

struct ballots {
    size_t n;
    struct az_buf packed; /* each after its length */
};

struct disk {
    sqlite3 *db;
    struct az_queue *in; /* of struct ballots */
    int64_t rows;
};

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_wire: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

/* One statement for so many rows: less than two thirds of what each costs alone. OR
 * IGNORE spares it a journal of its own. */
static sqlite3_stmt *insert_of(sqlite3 *db, int rows)
{
    AZ_AUTO_BUF text = az_buf(4096);
    sqlite3_stmt *q = NULL;
    az_buf_z(&text, "INSERT OR IGNORE INTO ballots VALUES");
    for (int i = 0; i < rows; i++)
        az_buf_fmt(&text, "%s(?, 1, ?, -1, 0, 0, 0, ?)", i ? "," : "");
    if (sqlite3_prepare_v2(db, text.p, -1, &q, NULL) != SQLITE_OK)
        fail("a statement");
    return q;
}

/* As many of the packed ballots from *at on as the statement has room for. */
static void insert(struct disk *d, sqlite3_stmt *q, int rows, const struct az_buf *b, size_t *at)
{
    for (int i = 0; i < rows; i++, d->rows++) {
        uint32_t n;
        memcpy(&n, b->p + *at, sizeof(n));
        sqlite3_bind_int64(q, 3 * i + 1, d->rows / JUDGES);
        sqlite3_bind_int64(q, 3 * i + 2, d->rows % JUDGES);
        sqlite3_bind_blob(q, 3 * i + 3, b->p + *at + sizeof(n), (int)n, SQLITE_STATIC);
        *at += sizeof(n) + n;
    }
    if (sqlite3_step(q) != SQLITE_DONE || sqlite3_changes(d->db) != rows)
        fail("a row");
    sqlite3_reset(q);
}

static void insert_all(struct disk *d, struct ballots *b, sqlite3_stmt *one, sqlite3_stmt *many)
{
    size_t at = 0, left = b->n;
    for (; left >= AT_ONCE; left -= AT_ONCE)
        insert(d, many, AT_ONCE, &b->packed, &at);
    for (; left; left--)
        insert(d, one, 1, &b->packed, &at);
    az_buf_release(&b->packed);
    free(b);
}

static void *disk_main(void *arg)
{
    struct disk *d = arg;
    sqlite3_stmt *one = insert_of(d->db, 1), *many = insert_of(d->db, AT_ONCE);
    int64_t committed = 0;
    double begun = now_s();
    int r;
    sql(d->db, "BEGIN");
    do {
        void *p;
        bool enough = d->rows - committed >= COMMIT_ROWS;
        r = az_queue_pop_wait(d->in, enough ? 0 : -1, &p);
        if (r == 0)
            insert_all(d, p, one, many);
        if (enough && (r < 0 || now_s() - begun > COMMIT_S)) {
            sql(d->db, "COMMIT; BEGIN");
            committed = d->rows;
            begun = now_s();
        }
    } while (r != AZ_ENOENT);
    sql(d->db, "COMMIT");
    sqlite3_finalize(one);
    sqlite3_finalize(many);
    return NULL;
}

/* ---- both ends ---- */

static void send_msg(void *sock, const zmq_msg_t *route, struct az_msg *msg, struct az_arena *a)
{
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    if (az_wire_pack(&b, msg, a, &err) < 0)
        fail(err.what);
    if (route)
        check(zmq_send(sock, zmq_msg_data((zmq_msg_t *)route), zmq_msg_size(route), ZMQ_SNDMORE),
              "sending");
    check(zmq_send(sock, b.p, b.n, 0), "sending");
    az_arena_reset(a);
}

static void receive(void *sock, zmq_msg_t *frame, struct az_arena *a, struct az_msg *msg)
{
    struct az_error err = {0};
    check(zmq_msg_recv(frame, sock, 0), "receiving");
    struct az_str s = {zmq_msg_data(frame), zmq_msg_size(frame)};
    if (az_wire_unpack(s, a, msg, &err) < 0)
        fail(err.what);
}

static void answer_main(void *sock)
{
    struct az_arena *in = az_arena_new(65536), *out = az_arena_new(65536);
    struct az_msg hello = {.kind = AZ_MSG_HELLO, .seq = 1};
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    send_msg(sock, NULL, &hello, out);
    for (uint64_t seq = 2;; seq++) {
        struct az_msg msg;
        receive(sock, &frame, in, &msg);
        if (msg.kind == AZ_MSG_STOP)
            return;
        static struct az_msg_answer v[BATCH];
        struct az_msg answers = {.kind = AZ_MSG_ANSWERS, .seq = seq};
        answers.answers.n = msg.questions.n;
        answers.answers.v = v;
        for (size_t i = 0; i < msg.questions.n; i++) {
            v[i] = (struct az_msg_answer){.panel = 1};
            v[i].ballot = (struct az_ballot){.key = msg.questions.v[i].key,
                                             .label = (int)(i % 2),
                                             .how = AZ_STR("lexical"),
                                             .model = AZ_STR("length"),
                                             .cost_known = true,
                                             .attempts = 0};
        }
        send_msg(sock, NULL, &answers, out);
        for (size_t i = 0; i < msg.questions.n_items; i++)
            az_item_free(msg.questions.items[i]);
        az_arena_reset(in);
    }
}

static struct az_item *item_new(int64_t seq)
{
    static const char text[] = "the answer names every step and says why each of them is needed "
                               "in this order, and what follows when one of them is left out";
    struct az_item *item = az_item_new(1024);
    item->seq = seq;
    item->id = AZ_STR("q123456");
    item->prompt = AZ_STR(text);
    item->n_responses = 2;
    item->responses = az_arena_zalloc(item->arena, 2 * sizeof(*item->responses));
    item->responses[0] = item->responses[1] = AZ_STR(text);
    return item;
}

static void send_questions(void *sock, const zmq_msg_t *route, int64_t *row, uint64_t *seq,
                           struct az_arena *out)
{
    static struct az_msg_question v[BATCH];
    struct az_item *items[BATCH];
    struct az_msg msg = {.kind = AZ_MSG_QUESTIONS, .seq = ++*seq};
    msg.questions.v = v;
    msg.questions.items = items;
    for (; msg.questions.n < BATCH; ++*row) {
        if (!msg.questions.n || *row % JUDGES == 0)
            items[msg.questions.n_items++] = item_new(*row / JUDGES);
        v[msg.questions.n++] = (struct az_msg_question){.key = {.item = *row / JUDGES,
                                                                .judge = (int)(*row % JUDGES),
                                                                .round = 1,
                                                                .criterion = -1},
                                                        .panel = 1,
                                                        .item = (uint32_t)msg.questions.n_items - 1,
                                                        .grant = AZ_NUSD_MAX};
    }
    send_msg(sock, route, &msg, out);
    for (size_t i = 0; i < msg.questions.n_items; i++)
        az_item_free(items[i]);
}

static void keep(struct az_queue *disk, const struct az_msg *msg)
{
    struct ballots *to = az_zalloc(sizeof(*to));
    struct az_buf *b = &to->packed;
    *b = az_buf(AZ_BUF_MAX);
    for (; to->n < msg->answers.n; to->n++) {
        size_t at = b->n;
        uint32_t n = 0;
        az_buf_put(b, &n, sizeof(n));
        if (az_wire_ballot_pack(b, &msg->answers.v[to->n].ballot, NULL) < 0)
            fail("a ballot");
        n = (uint32_t)(b->n - at - sizeof(n));
        memcpy(b->p + at, &n, sizeof(n));
    }
    if (az_queue_push_wait(disk, to, b->n) < 0)
        fail("the disk");
}

static double ask_main(void *sock, int64_t ballots, struct disk *d)
{
    struct az_arena *in = az_arena_new(65536), *out = az_arena_new(65536);
    zmq_msg_t route, frame;
    struct az_msg msg;
    pthread_t thread;
    zmq_msg_init(&route);
    zmq_msg_init(&frame);
    if (az_queue_new(1024, 8 << 20, &d->in, NULL) < 0 ||
        pthread_create(&thread, NULL, disk_main, d) != 0)
        fail("a thread");
    check(zmq_msg_recv(&route, sock, 0), "receiving");
    receive(sock, &frame, in, &msg);

    double start = now_s();
    int64_t asked = 0, answered = 0;
    uint64_t seq = 0;
    while (answered < ballots) {
        while (asked < ballots && asked - answered + BATCH <= CREDIT)
            send_questions(sock, &route, &asked, &seq, out);
        check(zmq_msg_recv(&frame, sock, 0), "receiving");
        receive(sock, &frame, in, &msg);
        keep(d->in, &msg);
        answered += (int64_t)msg.answers.n;
        az_arena_reset(in);
    }
    az_queue_close(d->in);
    pthread_join(thread, NULL);
    double seconds = now_s() - start;
    struct az_msg stop = {.kind = AZ_MSG_STOP, .seq = seq + 1};
    send_msg(sock, &route, &stop, out);
    return seconds;
}

static void *sock_new(int type, bool curve, const char keys[4][41])
{
    void *sock = zmq_socket(zmq_ctx_new(), type);
    int one = 1;
    if (curve && type == ZMQ_ROUTER) {
        zmq_setsockopt(sock, ZMQ_CURVE_SERVER, &one, sizeof(one));
        zmq_setsockopt(sock, ZMQ_CURVE_SECRETKEY, keys[1], 40);
    } else if (curve) {
        zmq_setsockopt(sock, ZMQ_CURVE_SERVERKEY, keys[0], 40);
        zmq_setsockopt(sock, ZMQ_CURVE_PUBLICKEY, keys[2], 40);
        zmq_setsockopt(sock, ZMQ_CURVE_SECRETKEY, keys[3], 40);
    }
    return sock;
}

int main(int argc, char **argv)
{
    int64_t ballots = argc > 2 ? strtoll(argv[2], NULL, 10) : 600000;
    bool curve = argc > 3 && !strcmp(argv[3], "curve");
    if (argc < 2 || ballots <= 0) {
        fprintf(stderr, "usage: bench_wire ENDPOINT [BALLOTS [curve]]\n");
        return 64;
    }
    char keys[4][41], path[] = "bench-wire-XXXXXX", db[64];
    zmq_curve_keypair(keys[0], keys[1]);
    zmq_curve_keypair(keys[2], keys[3]);
    pid_t child = fork();
    if (child == 0) {
        void *sock = sock_new(ZMQ_DEALER, curve, keys);
        check(zmq_connect(sock, argv[1]), "connecting");
        answer_main(sock);
        _exit(0);
    }
    struct disk d = {0};
    if (!mkdtemp(path))
        fail("a directory");
    snprintf(db, sizeof(db), "%s/bare.db", path);
    if (sqlite3_open(db, &d.db) != SQLITE_OK)
        fail("a database");
    sql(d.db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
              "CREATE TABLE ballots(item INTEGER, round INTEGER, judge INTEGER, criterion INTEGER,"
              " ord INTEGER, sample INTEGER, error INTEGER, body BLOB,"
              " PRIMARY KEY(item, round, judge, criterion, ord, sample)) WITHOUT ROWID");
    void *sock = sock_new(ZMQ_ROUTER, curve, keys);
    check(zmq_bind(sock, argv[1]), "listening");
    double seconds = ask_main(sock, ballots, &d);
    waitpid(child, NULL, 0);
    sqlite3_close(d.db);
    printf("%.0f\n", (double)d.rows / seconds);
    char left[96];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < AZ_LEN(ends); i++) {
        snprintf(left, sizeof(left), "%s%s", db, ends[i]);
        unlink(left);
    }
    rmdir(path);
    return 0;
}
