#include "coordinator/io_chores.h"

#include <poll.h>
#include <pthread.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

struct count {
    struct az_chore chore;
    struct az_chores *chores;
    pthread_t loop;
    int *ran, *done, at;
    int more; /* added by done() */
};

static void run(struct az_chore *c)
{
    struct count *n = (struct count *)c;
    if (n->more >= 0 && az_chores_fd(n->chores) >= 0)
        assert_int_equal(n->at, (*n->ran)++); /* in order */
}

static void done(struct az_chore *c)
{
    struct count *n = (struct count *)c;
    assert_true(pthread_equal(n->loop, pthread_self()));
    ++*n->done;
    if (n->more) {
        n->more--;
        n->at = *n->ran;
        az_chores_add(n->chores, c);
        return;
    }
    free(n);
}

static struct az_chores *start(void)
{
    struct az_chores *c = NULL;
    assert_int_equal(az_chores_start("test", &c, NULL), 0);
    return c;
}

static void add(struct az_chores *c, int *ran, int *finished, int at, int more)
{
    struct count *n = az_zalloc(sizeof(*n));
    *n = (struct count){.chore = {run, done},
                        .chores = c,
                        .loop = pthread_self(),
                        .ran = ran,
                        .done = finished,
                        .at = at,
                        .more = more};
    az_chores_add(c, &n->chore);
}

static void in_order_and_told(void **state)
{
    (void)state;
    struct az_chores *c = start();
    int ran = 0, finished = 0;
    for (int i = 0; i < 100; i++)
        add(c, &ran, &finished, i, 0);
    assert_int_equal(az_chores_left(c), 100);
    struct pollfd p = {.fd = az_chores_fd(c), .events = POLLIN};
    while (az_chores_left(c)) {
        poll(&p, 1, -1);
        az_chores_settle(c);
    }
    assert_int_equal(finished, 100);
    assert_int_equal(poll(&p, 1, 0), 0); /* and quiet again */
    az_chores_stop(c);
}

/* All that was added is done by the end, also what `done` adds. */
static void stopped(void **state)
{
    (void)state;
    struct az_chores *c = start();
    int ran = 0, finished = 0;
    add(c, &ran, &finished, 0, 2);
    az_chores_stop(c);
    assert_int_equal(ran, 3);
    assert_int_equal(finished, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order_and_told),
                                       cmocka_unit_test(stopped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
