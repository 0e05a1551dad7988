/* client/cli/source_args.c: [PANEL] SOURCE… */
#include "client/cli/source_args.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

struct options {
    bool quiet;
};

static const struct az_opt table[] = {
    {"quiet", 'q', AZ_OPT_FLAG, offsetof(struct options, quiet), NULL, "no summary", 0},
    {0},
};

static const struct {
    const char *name;
    const char *argv[5];
    const char *panel, *first;
    size_t n; /* 0: refused */
} cases[] = {
    {"a source", {"job"}, NULL, "job", 1},
    {"a panel and a source", {"p.yaml", "job"}, "p.yaml", "job", 1},
    {"its other ending", {"dir/p.yml", "a", "b"}, "dir/p.yml", "a", 2},
    {"only the first is one", {"job", "p.yaml"}, NULL, "job", 2},
    {"options anywhere", {"p.yaml", "-q", "job"}, "p.yaml", "job", 1},
    {"no source", {"p.yaml"}, NULL, NULL, 0},
    {"nothing", {NULL}, NULL, NULL, 0},
    {"no such option", {"job", "--loud"}, NULL, NULL, 0},
};

static void arguments(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char words[6][16] = {"decide"}, *argv[7] = {words[0]};
        int argc = 1;
        for (size_t k = 0; k < 5 && cases[i].argv[k]; k++) {
            snprintf(words[argc], sizeof(words[argc]), "%s", cases[i].argv[k]);
            argv[argc] = words[argc];
            argc++;
        }
        struct options o = {0};
        struct az_source_args args;
        struct az_error err = {0};
        int r = az_source_args(table, argc, argv, &o, "decide wants a SOURCE", "So.", &args, &err);
        if ((r == 0) != (cases[i].n > 0) || (r < 0 && (r != AZ_EUSAGE || !*err.what)))
            fail_msg("%s: %d '%s'", cases[i].name, r, err.what);
        if (r < 0)
            continue;
        assert_int_equal(args.n, cases[i].n);
        assert_string_equal(args.paths[0], cases[i].first);
        assert_int_equal(!args.panel, !cases[i].panel);
        assert_true(!args.panel || !strcmp(args.panel, cases[i].panel));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
