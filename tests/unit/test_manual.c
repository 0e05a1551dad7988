/* Man pages and completions know every command and option. */
#include "client/cli/manual.h"

#include "tests/unit/unit.h"

static void must_have(const char *where, const struct az_buf *b, const char *text)
{
    if (!strstr(b->p, text))
        fail_msg("%s does not have '%s'", where, text);
}

/* As roff writes it: every dash is a minus. */
static void roff_name(char to[128], const struct az_opt *o)
{
    size_t n = (size_t)snprintf(to, 128, "\\fB\\-\\-");
    for (const char *c = o->name; *c; c++)
        n += (size_t)snprintf(to + n, 128 - n, "%s%c", *c == '-' ? "\\" : "", *c);
    snprintf(to + n, 128 - n, "\\fR");
}

static void pages(void **state)
{
    (void)state;
    AZ_AUTO_BUF all = az_buf(AZ_BUF_MAX);
    az_manual_page(&all, NULL);
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++) {
        AZ_AUTO_BUF page = az_buf(AZ_BUF_MAX);
        char text[128];
        az_manual_page(&page, *c);
        snprintf(text, sizeof(text), "\\fBassize\\-%s\\fR(1)", (*c)->name);
        must_have("assize.1", &all, text);
        for (const struct az_opt *o = (*c)->options; o->name; o++) {
            roff_name(text, o);
            must_have((*c)->name, &page, text);
        }
    }
}

/* On a terminal of 80 columns no line of --help is broken. */
static void lines_fit(const struct az_buf *b)
{
    for (const char *line = b->p; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > 80)
            fail_msg("%zu columns: '%.*s'", n, (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void help_is_narrow(void **state)
{
    (void)state;
    AZ_AUTO_BUF all = az_buf(AZ_BUF_MAX);
    az_manual_commands(&all);
    lines_fit(&all);
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++) {
        AZ_AUTO_BUF one = az_buf(AZ_BUF_MAX);
        az_manual_help(&one, *c);
        lines_fit(&one);
    }
}

/* A text's own dots, quotes and backslashes are no requests. */
static void roff_is_quoted(void **state)
{
    (void)state;
    static const struct az_opt options[] = {
        {"x-y", 'x', AZ_OPT_STRING, 0, "A|B", ".TH \\fB is not obeyed\n'nor this", 0}, {0}};
    static const struct az_command command = {
        .name = "odd", .args = "[-x]", .summary = "a-b", .options = options};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_manual_page(&b, &command);
    must_have("page", &b, "\n\\&.TH \\efB is not obeyed\n\\&'nor this\n");
    must_have("page", &b, ".TP\n\\fB\\-x\\fR, \\fB\\-\\-x\\-y\\fR \\fIA|B\\fR\n");
    must_have("page", &b, ".TH ASSIZE-ODD 1 ");
}

static void completions(void **state)
{
    (void)state;
    AZ_AUTO_BUF bash = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF zsh = az_buf(AZ_BUF_MAX);
    az_manual_bash(&bash);
    az_manual_zsh(&zsh);
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++) {
        for (const struct az_opt *o = (*c)->options; o->name; o++) {
            char text[128];
            snprintf(text, sizeof(text), " --%s", o->name);
            must_have("bash", &bash, text);
            must_have("zsh", &zsh, text + 1);
        }
    }
    must_have("bash", &bash, "words='pair score choice'\n");
    must_have("zsh", &zsh, "'1:what:(pair score choice)'");
    must_have("zsh", &zsh, "change the panel\\: --set limits.usd=3");
}

/* What is for the build stands nowhere that people look. */
static void hidden(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_manual_commands(&b);
    az_manual_markdown(&b);
    az_manual_bash(&b);
    az_manual_page(&b, NULL);
    assert_true(az_cmd_man.hidden);
    assert_null(strstr(b.p, "assize man"));
    assert_null(strstr(b.p, "assize\\-man"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages), cmocka_unit_test(roff_is_quoted),
                                       cmocka_unit_test(completions), cmocka_unit_test(hidden),
                                       cmocka_unit_test(help_is_narrow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
