#include "core/io_queue.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/mem.h"

static struct az_queue *queue(size_t items, size_t bytes)
{
    struct az_queue *q = NULL;
    assert_int_equal(az_queue_new(items, bytes, &q, NULL), 0);
    return q;
}

static bool readable(const struct az_queue *q)
{
    struct pollfd p = {.fd = az_queue_fd(q), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static int numbers[1000];

static void keeps_order_and_bound(void **state)
{
    (void)state;
    AZ_AUTO(queue) q = queue(3, 0);
    assert_null(az_queue_pop(q));
    for (int round = 0; round < 5; round++) { /* round the ring */
        for (int i = 0; i < 3; i++)
            assert_int_equal(az_queue_push(q, &numbers[i], 1), 0);
        assert_int_equal(az_queue_push(q, &numbers[3], 1), AZ_EAGAIN);
        assert_int_equal(az_queue_len(q), 3);
        for (int i = 0; i < 3; i++)
            assert_ptr_equal(az_queue_pop(q), &numbers[i]);
        assert_null(az_queue_pop(q));
    }
}

static void counts_bytes(void **state)
{
    (void)state;
    AZ_AUTO(queue) q = queue(10, 100);
    assert_int_equal(az_queue_push(q, numbers, 500), 0); /* alone it may be larger */
    assert_int_equal(az_queue_push(q, numbers, 0), AZ_EAGAIN);
    az_queue_pop(q);
    assert_int_equal(az_queue_push(q, numbers, 60), 0);
    assert_int_equal(az_queue_push(q, numbers, 41), AZ_EAGAIN);
    assert_int_equal(az_queue_push(q, numbers, 40), 0);
    assert_int_equal(az_queue_bytes(q), 100);
    assert_int_equal(az_queue_push(q, numbers, SIZE_MAX), AZ_EAGAIN);
    az_queue_pop(q);
    assert_int_equal(az_queue_bytes(q), 40);
}

/* The descriptor follows the state, however often it is polled. */
static void descriptor_is_level(void **state)
{
    (void)state;
    AZ_AUTO(queue) q = queue(4, 0);
    assert_false(readable(q));
    assert_int_equal(az_queue_push(q, &numbers[0], 1), 0);
    assert_int_equal(az_queue_push(q, &numbers[1], 1), 0);
    assert_true(readable(q) && readable(q));
    az_queue_pop(q);
    assert_true(readable(q));
    az_queue_pop(q);
    assert_false(readable(q));
    az_queue_close(q);
    assert_true(readable(q));
}

static void closing_keeps_what_is_in(void **state)
{
    (void)state;
    AZ_AUTO(queue) q = queue(4, 0);
    void *p = NULL;
    assert_int_equal(az_queue_push(q, &numbers[7], 1), 0);
    assert_false(az_queue_closed(q));
    az_queue_close(q);
    az_queue_close(q);
    assert_true(az_queue_closed(q));
    assert_int_equal(az_queue_push(q, numbers, 1), AZ_ENOENT);
    assert_int_equal(az_queue_push_wait(q, numbers, 1), AZ_ENOENT);
    assert_int_equal(az_queue_pop_wait(q, -1, &p), 0);
    assert_ptr_equal(p, &numbers[7]);
    assert_true(readable(q));
    assert_int_equal(az_queue_pop_wait(q, -1, &p), AZ_ENOENT);
}

static void waits_only_so_long(void **state)
{
    (void)state;
    AZ_AUTO(queue) q = queue(4, 0);
    void *p = NULL;
    assert_int_equal(az_queue_pop_wait(q, 0, &p), AZ_EAGAIN);
    assert_int_equal(az_queue_pop_wait(q, 1, &p), AZ_EAGAIN);
    assert_null(p);
}

enum { PRODUCERS = 4, EACH = 5000 };

struct producer {
    struct az_queue *q;
    int id;
    int sent[EACH]; /* what is pushed: &sent[i], holding id */
};

static void *produce(void *arg)
{
    struct producer *p = arg;
    for (int i = 0; i < EACH; i++) {
        p->sent[i] = p->id;
        if (az_queue_push_wait(p->q, &p->sent[i], 1) < 0)
            break;
    }
    return NULL;
}

/* Every pointer arrives once, each producer's in order, through a queue of 7,
 * and what was written before the push is seen after the pop. */
static void many_producers(void **state)
{
    (void)state;
    static struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    int next[PRODUCERS] = {0};
    AZ_AUTO(queue) q = queue(7, 0);
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.q = q, .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS * EACH; i++) {
        void *p = NULL;
        assert_int_equal(az_queue_pop_wait(q, -1, &p), 0);
        int id = *(int *)p;
        assert_ptr_equal(p, &producers[id].sent[next[id]++]);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(az_queue_len(q), 0);
    assert_false(readable(q));
}

/* A producer that waits for room is let go when the queue closes. */
static void closing_frees_producers(void **state)
{
    (void)state;
    static struct producer one;
    pthread_t thread;
    AZ_AUTO(queue) q = queue(2, 0);
    one = (struct producer){.q = q};
    assert_int_equal(pthread_create(&thread, NULL, produce, &one), 0);
    void *p = NULL;
    assert_int_equal(az_queue_pop_wait(q, -1, &p), 0);
    az_queue_close(q);
    pthread_join(thread, NULL);
    while (az_queue_pop(q))
        ;
}

static void new_without_memory(void **state)
{
    (void)state;
    struct az_queue *q = NULL;
    struct az_error err = {0};
    az_fault_alloc(1);
    assert_int_equal(az_queue_new(4, 0, &q, &err), AZ_ENOMEM);
    assert_null(q);
    assert_string_equal(err.what, "out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_and_bound),   cmocka_unit_test(counts_bytes),
        cmocka_unit_test(descriptor_is_level),     cmocka_unit_test(closing_keeps_what_is_in),
        cmocka_unit_test(waits_only_so_long),      cmocka_unit_test(many_producers),
        cmocka_unit_test(closing_frees_producers), cmocka_unit_test(new_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
