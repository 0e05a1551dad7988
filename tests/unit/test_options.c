#include "core/options.h"

#include "client/cli/command.h"
#include "tests/unit/unit.h"

struct options {
    bool quiet, brief;
    const char *out;
    int64_t n;
    struct az_opt_list set;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "FILE", "where to", 0},
    {"quiet", 'q', AZ_OPT_FLAG, offsetof(struct options, quiet), NULL, "say nothing", 0},
    {"brief", 'b', AZ_OPT_FLAG, offsetof(struct options, brief), NULL, "say little", 0},
    {"limit", 'n', AZ_OPT_INT, offsetof(struct options, n), "N", "so many", 1},
    {"set", 0, AZ_OPT_LIST, offsetof(struct options, set), "KEY=VALUE,…", "change", 0},
    {0},
};

enum { WORDS_MAX = 16 };

/* What a line of words is read as: "o=FILE q b n=3 set=a,b | args", or what the
 * error says. Words are parted by spaces; "_" is a space inside a word. */
static const char *read_words(const char *line)
{
    static char text[512], words[512];
    char name[] = "cmd", *argv[WORDS_MAX] = {name};
    int argc = 1;
    snprintf(words, sizeof(words), "%s", line);
    for (char *w = words, *next; w && *w && argc < WORDS_MAX; w = next) {
        next = strchr(w, ' ');
        if (next)
            *next++ = '\0';
        argv[argc++] = w;
    }
    struct options o = {0};
    const char *args[2];
    size_t n = 0;
    struct az_error err = {0};
    if (az_options_parse(table, argc, argv, &o, args, 2, &n, &err) < 0) {
        assert_int_equal(err.code, AZ_EUSAGE);
        snprintf(text, sizeof(text), "%s; %s", err.what, err.hint);
        return text;
    }
    AZ_AUTO_BUF b = az_buf(sizeof(text));
    az_buf_fmt(&b, "o=%s%s%s n=%lld set=", o.out ? o.out : "-", o.quiet ? " q" : "",
               o.brief ? " b" : "", (long long)o.n);
    for (size_t i = 0; i < o.set.n; i++)
        az_buf_fmt(&b, "%s%s", i ? "," : "", o.set.v[i]);
    az_buf_z(&b, " |");
    for (size_t i = 0; i < n; i++)
        az_buf_fmt(&b, " %s", args[i]);
    snprintf(text, sizeof(text), "%s", b.p);
    return text;
}

static const struct {
    const char *words, *want;
} cases[] = {
    {"", "o=- n=0 set= |"},
    {"a b", "o=- n=0 set= | a b"},
    {"--output x a", "o=x n=0 set= | a"},
    {"--output=x a", "o=x n=0 set= | a"},
    {"--output= a", "o= n=0 set= | a"},
    {"-o x a", "o=x n=0 set= | a"},
    {"-ox a", "o=x n=0 set= | a"},
    {"-o - -", "o=- n=0 set= | -"},
    {"a -q b", "o=- q n=0 set= | a b"},
    {"-qb a", "o=- q b n=0 set= | a"},
    {"-qbo x", "o=x q b n=0 set= |"},
    {"-qn7", "o=- q n=7 set= |"},
    {"--limit 7 --limit 8", "o=- n=8 set= |"},
    {"--set a=1 --set=b=2", "o=- n=0 set=a=1,b=2 |"},
    {"-- -q --output", "o=- n=0 set= | -q --output"},
    {"--output --quiet", "o=--quiet n=0 set= |"},
    {"--outptu x", "unknown option '--outptu'; Did you mean '--output'?"},
    {"--zzzzzzzzz", "unknown option '--zzzzzzzzz'; See --help."},
    {"-x", "unknown option '-x'; See --help."},
    {"-qx", "unknown option '-x'; See --help."},
    {"--quiet=yes", "'--quiet' takes no value; "},
    {"--output", "'--output' wants FILE; "},
    {"-o", "'--output' wants FILE; "},
    {"--limit x", "'--limit x': expected a whole number from 1; "},
    {"--limit 0", "'--limit 0': expected a whole number from 1; "},
    {"--limit 1.5", "'--limit 1.5': expected a whole number from 1; "},
    {"--limit 99999999999999999999", "'--limit 99999999999999999999': expected a whole number "
                                     "from 1; "},
    {"a b c", "'c' is one argument too many; See --help."},
};

static void parse_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const char *got = read_words(cases[i].words);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].words, got, cases[i].want);
    }
}

static void too_many_in_a_list(void **state)
{
    (void)state;
    char name[] = "cmd", option[] = "--set=a=1", *argv[AZ_LEN(((struct az_opt_list *)0)->v) + 2];
    argv[0] = name;
    for (size_t i = 1; i < AZ_LEN(argv); i++)
        argv[i] = option;
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    int all = (int)AZ_LEN(argv);
    assert_int_equal(az_options_parse(table, all - 1, argv, &o, args, 1, &n, &err), 0);
    o = (struct options){0};
    assert_int_equal(az_options_parse(table, all, argv, &o, args, 1, &n, &err), AZ_EUSAGE);
    assert_string_equal(err.what, "'--set' more than 64 times");
}

static void help(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    az_options_help(&b, table);
    assert_string_equal(b.p, "  -o, --output FILE          where to\n"
                             "  -q, --quiet                say nothing\n"
                             "  -b, --brief                say little\n"
                             "  -n, --limit N              so many\n"
                             "      --set KEY=VALUE,…      change\n");
}

/* What --help, man pages and completions lean on, of every real table. */
static void real_tables(void **state)
{
    (void)state;
    for (const struct az_command *const *c = az_commands; *c; c++) {
        assert_true(*(*c)->name && *(*c)->summary && (*c)->args && (*c)->options && (*c)->run);
        for (const struct az_opt *o = (*c)->options; o->name; o++) {
            if (!o->help || !*o->help || (o->type == AZ_OPT_FLAG) != !o->arg)
                fail_msg("assize %s --%s: help or argument is missing", (*c)->name, o->name);
            for (const struct az_opt *p = (*c)->options; p != o; p++) {
                if (!strcmp(p->name, o->name) || (p->brief && p->brief == o->brief))
                    fail_msg("assize %s: --%s and --%s are one", (*c)->name, p->name, o->name);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parse_table),
                                       cmocka_unit_test(too_many_in_a_list), cmocka_unit_test(help),
                                       cmocka_unit_test(real_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
