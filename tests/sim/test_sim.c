/* test_sim [FIRST [COUNT [trace]]]: worlds by their seeds. */
#include <stdlib.h>

#include "tests/sim/world.h"
#include "tests/unit/unit.h"

static uint64_t first = 1, count = 300;
static bool trace;

static void sim_sched(void **state)
{
    (void)state;
    static struct world w;
    for (uint64_t seed = first; seed < first + count; seed++) {
        const char *broken = world_run(&w, seed, trace);
        if (broken)
            fail_msg("seed %llu: %s\nAgain: test_sim %llu 1 trace", (unsigned long long)seed,
                     broken, (unsigned long long)seed);
        world_release(&w);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        first = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        count = strtoull(argv[2], NULL, 10);
    trace = argc > 3;
    const struct CMUnitTest tests[] = {cmocka_unit_test(sim_sched)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
