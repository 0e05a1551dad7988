/* tests/sim/world.h: a whole lab in one thread: the real scheduler and desk, the real
 * worker core and session, and around them a clock, a network, disks, a catalog,
 * judges and clients that are made up from one seed. The same seed does the same
 * again.
 *
 * What must hold is checked after each step (world_check.c); the first breach ends
 * the run and is told. */
#pragma once
#include "coordinator/desk.h"
#include "coordinator/job.h"
#include "coordinator/reception.h"
#include "coordinator/sched.h"
#include "coordinator/session.h"
#include "coordinator/stream.h"
#include "coordinator/tune.h"
#include "core/heap.h"
#include "core/rng.h"
#include "workers/session.h"
#include "workers/work.h"

enum {
    WORLD_ITEMS = 12, /* of a job, at the most, as all here */
    WORLD_JOBS = 4,
    WORLD_WORKERS = 5,
    WORLD_BACKENDS = 4,
    WORLD_BALLOTS = 96, /* of an item */
    WORLD_SEATS = 64,   /* sessions at once */
    WORLD_LINES = 24,   /* of a file */
    WORLD_AHEAD = 2,    /* chunks under way */
    WORLD_CLIENTS = 4 * WORLD_JOBS,
    WORLD_ORDERS = 64,    /* of the operator, the last ones */
    WORLD_LIMITS = 64,    /* that a job had */
    WORLD_OPERATOR = -1,  /* who asks */
    WORLD_STEPS = 1000000 /* more: it does not end */
};

/* What may go wrong; each has randomness of its own, so that one can be left out
 * and the others happen as before. */
enum misfortune {
    MIS_WORKER_DIES,
    MIS_WORKER_LEAVES, /* and says so */
    MIS_WORKER_STOPS,  /* for a while: SIGSTOP */
    MIS_COORDINATOR_DIES,
    MIS_COORDINATOR_STOPS,
    MIS_BREAK,     /* a connection, with what was under way */
    MIS_PARTITION, /* nothing comes through for a while */
    MIS_MANGLE,    /* a peer whose frames come twice, in another order, cut off */
    MIS_FULL,      /* the disk */
    MIS_CANCEL,
    MIS_PAUSE,  /* a job, and resume it */
    MIS_SET,    /* its limit and its weight, or its deadline */
    MIS_RETRY,  /* what failed or abstained is asked again */
    MIS_PRUNE,  /* jobs that have ended are removed */
    MIS_TUNE,   /* the limits of a backend */
    MIS_CLIENT, /* loses its connection, or dies and comes again */
    MIS_GARBLE, /* clients: messages that come twice, too late, or not at all */
    MIS_WRONG,  /* judges: an answer that can't be read */
    MIS_BUSY,   /* 429, 500 and the like */
    MIS_BROKEN,
    MIS_SILENT,
    MIS_QUOTA, /* a backend refuses for good, until somebody pays */
    MIS_DEAD,  /* a backend: nobody is there for a while */
    MIS_AWAY,  /* a worker knows that its own server is not there */
    MISFORTUNES
};
const char *misfortune_name(enum misfortune m);

/* What there is less of than the seed says: to find the shortest trace. */
struct world_bounds {
    int jobs, items, workers; /* 0: as the seed says */
    unsigned without;         /* bits of enum misfortune */
    bool trace;
};

/* Where chance comes from: one stream each. */
enum chance {
    BY_PANEL,
    BY_WEATHER,
    BY_NET,
    BY_DISK,
    BY_JUDGE,
    BY_WORKER,
    BY_CLIENT,
    BY_JOB,
    BY_CATALOG,
    BY_READER,
    CHANCES
};

/* Something that will happen. `life` is of whom it concerns when it was put in; it
 * comes to nothing when that one has died since. */
struct event {
    enum event_kind {
        EV_UP,   /* the next frame of a connection comes to the coordinator */
        EV_DOWN, /* … to its worker */
        EV_CONNECT,
        EV_REPLY, /* a judge answers, or does not */
        EV_WORKER_TIME,
        EV_WORKER_STARTS,
        EV_COORDINATOR_TIME,
        EV_COORDINATOR_BEATS,
        EV_COORDINATOR_STARTS,
        EV_COMMIT,      /* what was handed to a job's disk is durable */
        EV_CLIENT_TIME, /* a client looks whether it was answered */
        EV_TO_SERVICE,
        EV_TO_CLIENT,
        EV_JOB_RESUMES, /* somebody does what it waits for */
        EV_CATALOG,     /* what was handed to it is durable */
        EV_READ,        /* a reader's next verdicts are there */
        EV_TO_READER,
        EV_READER_TIME,
        EV_CHORE, /* the thread that waits for disks has done the next */
        EV_BACK,  /* a worker's server that was away */
        EV_MISFORTUNE,
    } kind;
    int who, life;
    enum misfortune what;
    uint64_t ticket;
    struct work_call *call;
    struct reply *reply;
    struct client_msg {
        enum {
            C_SUBMIT,
            C_CHUNK,
            C_SUBMITTED,
            C_CHUNKED,
            C_FAILED,
            C_REFUSED, /* the session is over */
            C_VERDICTS /* `items`; `index`: where to go on; `chunks`: open ones, the first: */
        } kind;
        int session;
        uint64_t seq;
        int64_t job, index, chunks, last_line;
        int from, to; /* lines of a chunk: [from, to) */
        bool last, sealed;
        int n_items;
        unsigned char items[WORLD_ITEMS];
        int64_t pos[WORLD_ITEMS]; /* of their verdicts */
    } said;
    struct event *next; /* free ones */
};

/* What a judge sends back. */
struct reply {
    enum az_call_end end;
    long status;
    const char *headers; /* static */
    int64_t used;        /* tokens, as it says; 0: it does not */
    char body[448];
};

/* ---- network ---- */

struct frame {
    struct frame *next;
    az_ms at;
    struct az_str bytes; /* on the heap */
};

struct pipe {
    struct frame *head, **tail;
    az_ms last; /* frames of one direction keep their order */
};

/* A connection of a worker's socket. ZeroMQ makes a new one, with another route, when
 * it breaks; what was in it is lost from some frame on. */
struct conn {
    struct conn *next;
    int id, who;
    bool open; /* to the worker's side */
    bool deaf; /* the coordinator's side has found out */
    struct pipe up, down;
};

/* ---- the disk ---- */

/* What a job's disk will hold once its ticket is durable. */
struct record {
    struct record *next;
    uint64_t ticket; /* 0 = not submitted yet */
    enum { REC_BALLOT, REC_VERDICT, REC_LEDGER, REC_CHUNK } kind;
    bool late; /* a ballot after its item's verdict */
    struct az_ballot ballot;
    int64_t seq;
    struct az_verdict verdict;
    az_nusd ceiling;
    struct az_received received;
};

struct stored_item {
    size_t n;
    struct stored_ballot {
        struct az_ballot ballot;
        bool late;
    } ballots[WORLD_BALLOTS];
    struct az_verdict verdict; /* AZ_OPEN: none */
    int64_t pos;               /* in the order of decisions, from 1 */
};

/* A question that was sent, as the world knows it. */
struct held {
    struct az_key key;
    int peer;
    unsigned session;
    int attempts; /* that it was sent with */
    bool lost;
};

/* What is known of an item since its job was opened. */
struct watch {
    bool left, verdict_put;
    size_t n_held, n_tries;
    struct held held[128];
    struct {
        struct az_key key;
        int attempts; /* by leases that gave the question back */
    } tries[WORLD_BALLOTS];
};

/* What a line of a file is, if not the number of an item. */
enum { LINE_BAD = -1, LINE_OTHER = -2 /* an item's id, with another content */ };

struct job {
    struct az_desk_job desk; /* first */
    int index, n_items, n_lines, file[WORLD_LINES];
    bool with_limit;
    int64_t submit_s, job_s; /* until its deadline, by the client and by its panel; 0: none */
    struct az_panel *panel;
    char *portable; /* the panel as workers get it */
    az_nusd billed;
    int lives;       /* jobs that its key was; each has another name */
    char name[16];   /* of its panel */
    int64_t pruned;  /* the last that was removed, durable … */
    int64_t reborn;  /* … and what it was when the key became another's */
    int64_t no_more; /* the last that somebody was told was removed */

    /* what the service knows, and what of it is durable; id 0: nothing */
    struct az_job_record record, kept;
    bool told_cancelled;
    az_nusd limits[WORLD_LIMITS]; /* the panel's, and each that was set, in order */
    int n_limits, limit_told;     /* and the last that somebody was told of */
    az_nusd limit_most;           /* that was ever durable */
    az_nusd limit_ran;            /* its last run's, at its end */

    /* its directory, durable */
    int64_t dir; /* whose: the number of a job; 0: there is none */
    struct az_received in;
    struct stored_item items[WORLD_ITEMS];
    int64_t decisions;
    az_nusd ceiling;
    bool owed[WORLD_ITEMS]; /* it was told that these are asked again */
    int hurried;            /* times that somebody did not wait for its end */
    bool was_done, due;     /* something will be done to it that has ended */
    bool receives;          /* its intake is open, and this is what it knows: */
    struct az_reception reception;

    /* its store, while it is open */
    struct az_arena *arena; /* of ballots' text, for good */
    struct record *pending, **pending_end;
    uint64_t ticket, committed;
    az_ms last_commit;
    int disk_life; /* grows when what was on its way is lost */
    bool failed;   /* the disk is full: nothing more is kept */

    /* its docket */
    struct az_docket *docket; /* NULL: not open */
    uint32_t number;
    size_t window;
    int next_item;
    bool stopping; /* told to */
    struct watch watch[WORLD_ITEMS];
};

/* ---- clients ---- */

/* Of a job's file; a second one of the same key may come beside the first. */
struct client {
    struct job *job;
    enum { CLIENT_APART, CLIENT_ASKING, CLIENT_SENDING, CLIENT_CONTENT } state;
    bool fresh; /* it has just begun, and knows nothing */
    int session;
    uint64_t out;
    int64_t told, acked, last_line; /* the job's number; chunks and lines that are there */
    int cut;                        /* lines in a chunk */
    size_t n;
    struct parcel {
        int64_t index;
        int from, to;
        bool last, sent;
    } parcels[WORLD_AHEAD];
    int64_t next_index;
    int next_line;
    bool ended; /* the last chunk is cut */
    az_ms heard, last_up, last_down;
    /* the service's side */
    int open; /* its session; 0: none */
    struct az_peer_seq seq;
};

/* Of a job's verdicts. */
struct reader {
    struct job *job;
    enum { READER_APART, READER_READING, READER_CONTENT } state;
    bool as_they_come;
    int64_t seen[WORLD_ITEMS]; /* the place of the verdict it has; 0: none */
    int session;
    int64_t next;       /* position */
    int64_t first_open; /* item that was passed over, -1: none */
    az_ms heard, last_down;
    /* the service's side */
    bool open;
    struct az_stream place;
};

/* What the operator asked for, and is told once it is durable. */
struct order {
    struct job *job;
    uint64_t ticket;
    int limit; /* its place among the job's; 0: none was set */
    bool cancels;
    int64_t reopens[WORLD_ITEMS]; /* verdicts that shall go, by their place; 0: none */
    int64_t prunes[WORLD_JOBS];   /* numbers of jobs that shall go; 0: none */
};

/* ---- the service ---- */

struct change {
    struct change *next;
    uint64_t ticket;
    struct job *job;
    struct az_job_record record;
    bool drops; /* the record goes */
};

struct catalog {
    struct change *pending, **end;
    uint64_t ticket, committed;
    az_ms last;
    bool failing;
    int64_t next_id, highest; /* and the highest that was ever durable */
};

/* Work of the thread that waits for disks. */
struct chore {
    struct chore *next;
    enum {
        CHORE_MAKE,
        CHORE_FIND,
        CHORE_TAKE,
        CHORE_LEAVE,
        CHORE_REMOVE,
        CHORE_LOOK,
        CHORE_OPEN,
        CHORE_CLOSE
    } kind;
    struct job *job;
    struct az_asked asked;
    struct client_msg said;
    az_nusd limit;
    bool waits; /* for the job's store */
    int code;
    struct az_error err;
    struct az_bad_lines bad;
};

/* ---- limits a minute ---- */

/* What went through, and under which limits; 0: none. */
struct rate {
    double rpm, tpm;
    size_t n_was, n;
    struct rate_was {
        double rpm, tpm;
        az_ms until;
    } was[8]; /* the last ones */
    struct rate_entry {
        az_ms at;
        double tokens; /* negative: given back */
        bool call;
    } v[1024]; /* the last ones */
};

/* ---- workers ---- */

struct worker {
    bool alive, has[WORLD_BACKENDS];
    int life;
    struct az_backend backends[WORLD_BACKENDS];
    size_t n_backends;
    az_ms stopped_until, cut_until; /* SIGSTOP; partition */
    az_ms wakes;                    /* then it looks at the time; 0: not at all */
    struct az_work *work;
    struct az_wfxs fx;
    struct az_session session;
    bool broken, parting, leaving;
    int socket;                        /* 0: none; grows */
    struct conn *conn;                 /* NULL: it is connecting */
    struct frame *waiting;             /* for a connection */
    uint32_t slots[WORLD_BACKENDS];    /* as it was told; 0: it was not */
    uint32_t may_hold[WORLD_BACKENDS]; /* credit announced in this session */
    struct rate rates[WORLD_BACKENDS]; /* of this process */
    size_t n_remembered;               /* by its cache */
    struct remembered *remembered[64];
};

/* A reply that a cache has. */
struct remembered {
    struct az_hash hash;
    size_t n;
    char reply[];
};

/* ---- the coordinator's sessions ---- */

/* Of a backend, by the operator; 0: not set. */
struct setting {
    uint32_t slots;
    double rpm, tpm;
};

struct seat {
    enum { SEAT_FREE, SEAT_LIVE } state;
    int conn;
    unsigned session; /* never used again */
    struct az_peer_seq seq;
    bool told, silent;
    struct setting has[WORLD_BACKENDS]; /* that it was told */
    double rpm, tpm;                    /* of the shared account, as it stated them */
};

struct world {
    uint64_t seed;
    struct world_bounds bounds;
    struct az_rng chance[CHANCES];
    az_ms now;
    int steps;
    struct az_heap events;
    uint64_t n_events;
    struct event *spare;
    struct az_arena *scratch; /* of a message */
    char failed[512];         /* empty: all held so far */
    bool over;

    /* this seed's weather */
    az_ms slow_ms, disk_ms, net_ms, silence_ms, calm_at; /* nothing happens any more after calm */
    int wrong, busy, broken, silent, stops;              /* in 1000 calls */
    int mangler, mangled;                                /* whose frames, in 1000 */
    bool quota_gone, cache;
    az_ms dead_until[WORLD_BACKENDS];
    az_ms full_until;
    double rpm, tpm;    /* of the account that workers share */
    int most_under_way; /* of a job, where that is limited */

    int n_jobs, n_workers, n_clients;
    size_t n_backends; /* of a panel */
    struct job jobs[WORLD_JOBS];
    struct worker workers[WORLD_WORKERS];
    struct client clients[WORLD_CLIENTS];
    struct reader readers[WORLD_JOBS];
    int last_client; /* session */
    int garbled;     /* messages of clients, in 1000 */
    struct conn *conns;
    int last_conn;

    bool up;
    int life;
    az_ms stopped_until, turn, wakes, next_tick;
    int64_t ticked_s; /* deadlines were looked at, in this life; 0: never */
    struct az_sched *sched;
    struct az_effects fx;
    struct az_desk desk;
    struct catalog catalog;
    struct chore *chores, **chores_end;
    struct az_tunes tunes;
    struct setting set[WORLD_BACKENDS]; /* and was told to be, since it began */
    int n_orders;
    struct order orders[WORLD_ORDERS];
    uint32_t last_number;
    unsigned last_session;
    struct seat seats[WORLD_SEATS];
    int n_seats;       /* that were ever taken, since it began */
    int told_stranger; /* the last connection that was */
    bool lost_any, lost[WORLD_SEATS];

    struct rate account; /* the shared one, where questions are handed out */
};

/* NULL, or what broke (kept in *w). */
const char *world_run(struct world *w, uint64_t seed, const struct world_bounds *bounds);
void world_release(struct world *w);

/* ---- between the files of the world ---- */

void world_fail(struct world *w, const char *fmt, ...) AZ_PRINTF(2, 3);
void world_say(struct world *w, const char *fmt, ...) AZ_PRINTF(2, 3); /* the trace */
void world_at(struct world *w, az_ms at, struct event e);
uint64_t world_roll(struct world *w, enum chance by, uint64_t n); /* [0, n) */

/* world_panel.c: what is asked, with which limits, and who can answer it */
void world_panels(struct world *w);
void job_lives(struct world *w, struct job *job); /* of a key that was another job's */
struct az_item *world_item(const struct job *job, int64_t seq);

/* world_weather.c: what goes wrong, and when */
void world_weather(struct world *w);
void misfortune_happens(struct world *w, struct event *e);
void job_is_done(struct world *w, struct job *job); /* and something may come after that */
void item_fails(struct world *w, struct job *job);  /* or abstains */
void job_resumes(struct world *w, struct job *job);

/* world_net.c */
void net_send_up(struct world *w, int who, struct az_str frame);    /* taken */
bool net_send_down(struct world *w, int conn, struct az_str frame); /* taken; false: nobody there */
void net_socket(struct world *w, int who);                          /* a new one */
void net_close(struct world *w, int who, bool linger);              /* the worker's socket */
void net_break(struct world *w, int who);                           /* its connection */
void net_break_all(struct world *w);                                /* the coordinator is dead */
void net_connect(struct world *w, struct event *e);
bool net_take(struct world *w, struct event *e, struct az_str *frame); /* the caller frees */
struct conn *net_conn(struct world *w, int id);
void net_release(struct world *w);

/* world_disk.c */
void disk_put(struct world *w, struct job *job, const struct az_effect *x);
void disk_put_chunk(struct world *w, struct job *job, const struct az_received *received);
void disk_submit(struct world *w, struct job *job);
void disk_committed(struct world *w, struct event *e);
void disk_crash(struct world *w, struct job *job);
/* Items that failed or abstained are open again, the first `most` of them. */
void disk_reopen(struct world *w, struct job *job, int most);
const struct az_ballot *disk_ballot(const struct job *job, const struct az_key *key);
bool disk_has_record(const struct job *job, const struct az_key *key);

/* world_coordinator.c, world_job.c, world_door.c */
void coordinator_start(struct world *w);
void coordinator_die(struct world *w);
void coordinator_settle(struct world *w); /* after every event, as the loop does */
void coordinator_effects(struct world *w);
void coordinator_up(struct world *w, struct event *e);
void coordinator_time(struct world *w);
void coordinator_beat(struct world *w);
void coordinator_gone(struct world *w, int peer);
void job_runs(struct world *w, struct job *job);
void job_closes(struct world *w, struct job *job);
void job_stops(struct world *w, struct job *job, bool at_once);
void job_feeds(struct world *w, struct job *job);
void job_commits(struct world *w, struct job *job);
void job_ends(struct world *w, struct job *job);
void job_stored(struct world *w, struct job *job); /* some more is durable */
void job_disk_failed(struct world *w, struct job *job);
bool door_send(struct world *w, int peer, struct az_msg *msg); /* false: it is gone */
void setting_add(struct setting *s, const struct az_msg *tune);
void door_receive(struct world *w, int conn, struct az_str frame);

/* world_client.c */
void client_make(struct world *w, struct job *job, az_ms at);
void client_time(struct world *w, struct client *c);
void client_hears(struct world *w, struct client *c, const struct client_msg *msg);
void client_breaks(struct world *w, struct client *c, bool dies);

/* world_reader.c */
void reader_make(struct world *w, struct job *job);
void reader_time(struct world *w, struct reader *r);
void reader_hears(struct world *w, struct reader *r, const struct client_msg *msg);
void reader_breaks(struct world *w, struct reader *r);
void reader_ends(struct reader *r);                  /* its job is gone */
void reader_wakes(struct world *w, struct job *job); /* there may be more to read */
void reader_reads(struct world *w, struct event *e);
az_ms readers_go(struct world *w);

/* world_service.c: the desk and its sessions */
void service_starts(struct world *w);
void service_dies(struct world *w);
void service_hears(struct world *w, struct client *c, const struct client_msg *msg);
void service_run(struct world *w, int r, const struct az_error *err); /* all that is due */
az_ms service_tick(struct world *w);                                  /* returns when next */
az_nusd service_limit(const struct job *job, const char *sets);
int64_t service_now_s(const struct world *w);
/* world_operator.c: false: refused, or nobody is there */
void operator_told(struct world *w, const struct az_desk_effect *e);
void service_frees(struct world *w,
                   struct job *job); /* what is pruned, once nothing is left to do */
bool service_verb(struct world *w, struct job *job, enum az_desk_verb verb);
bool service_set(struct world *w, struct job *job, az_nusd limit, int priority);
bool service_retry(struct world *w, struct job *job);
void service_prune(struct world *w, int64_t older_than_s);
bool service_deadline(struct world *w, struct job *job, int64_t s);
void service_tune(struct world *w, size_t backend, const struct setting *to);

/* world_catalog.c */
void catalog_put(struct world *w, struct job *job);
void catalog_drop(struct world *w, struct job *job);
void catalog_time(struct world *w, struct event *e);
void catalog_crash(struct world *w);

/* world_chores.c */
struct chore *chore_add(struct world *w, int kind, struct job *job);
void chores_time(struct world *w);
void chores_stored(struct world *w, struct job *job, bool failed);
void chores_drop(struct world *w);

/* world_worker.c */
void worker_start(struct world *w, int who);
void worker_die(struct world *w, int who);
void worker_leave(struct world *w, int who);
void worker_away(struct world *w, int who, size_t backend, const char *state);
void worker_wake(struct world *w, int who);
void worker_frame(struct world *w, int who, struct az_str frame);
void worker_reply(struct world *w, struct event *e);

/* world_rates.c */
void rate_set(struct rate *r, double rpm, double tpm, az_ms now);
void rate_call(struct world *w, struct rate *r, double tokens, const char *what);
void rate_settled(struct rate *r, double more, az_ms now); /* than what was taken for it */
void account_announced(struct world *w, int peer, const struct az_credits *credits);
void account_stated(struct world *w); /* who stated a limit is gone */

/* world_judge.c: what a judge answers to a call, and what it bills */
void judge_call(struct world *w, int who, struct work_call *call, az_ms timeout_ms);
const char *world_backend_name(size_t backend);
size_t world_backend(const char *name); /* its place in the world */

/* world_check.c: what must hold */
void check_asked(struct world *w, struct job *job, int peer, const struct az_msg_question *q);
void check_silence(struct world *w, int peer); /* after it was heard, too */
void check_begun(struct world *w, int who, const struct work_call *call);
void check_answered(struct world *w, int peer, const struct az_msg_answer *a);
void check_answers_kept(struct world *w, const struct az_msg *msg);
void check_gone(struct world *w, int peer);
void check_verdict(struct world *w, struct job *job, int64_t seq);
void check_money(struct world *w, struct job *job);
void check_held(struct world *w, int who);
void check_slots(struct world *w, int who, size_t backend);
void check_sched(struct world *w);
void check_end(struct world *w);
struct job *world_job(struct world *w, uint32_t number); /* NULL: it is closed */
