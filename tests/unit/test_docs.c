/* The reference pages in docs/ are what the tables say today. */
#include "client/cli/formats.h"
#include "client/cli/manual.h"
#include "client/cli/services_doc.h"
#include "core/io_file.h"
#include "core/panel_doc.h"
#include "tests/unit/unit.h"

/* The first line that differs, for the message. */
static size_t differs_at(const char *a, const char *b)
{
    size_t line = 1;
    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return *a == *b ? 0 : line;
}

static void check(const char *name, void (*page)(struct az_buf *b))
{
    char path[4096];
    AZ_AUTO_BUF want = az_buf(AZ_BUF_MAX);
    AZ_AUTO_MEM char *have = NULL;
    struct az_error err = {0};
    snprintf(path, sizeof(path), "%s/docs/%s", ASSIZE_SOURCE_DIR, name);
    page(&want);
    assert_int_equal(az_buf_check(&want, NULL), 0);
    if (az_file_read(path, AZ_BUF_MAX, &have, NULL, &err) < 0)
        fail_msg("%s", err.what);
    size_t line = differs_at(have, want.p);
    if (line)
        fail_msg("docs/%s, line %zu: not what the program writes; run "
                 "'build/release/bin/assize man --docs docs'",
                 name, line);
}

static void panel(void **state)
{
    (void)state;
    check("panel.md", az_panel_doc_markdown);
}

static void commands(void **state)
{
    (void)state;
    check("commands.md", az_manual_markdown);
}

static void formats(void **state)
{
    (void)state;
    check("formats.md", az_formats_markdown);
}

static void configuration(void **state)
{
    (void)state;
    check("configuration.md", az_services_markdown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(panel), cmocka_unit_test(commands),
                                       cmocka_unit_test(formats), cmocka_unit_test(configuration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
