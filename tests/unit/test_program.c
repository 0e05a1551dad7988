#include "core/program.h"

#include "coordinator/program.h"
#include "core/glyph.h"
#include "core/mem.h"
#include "tests/unit/unit.h"
#include "workers/program.h"

static const struct az_program *const programs[] = {&az_coordinator_program, &az_worker_program};

static void help_fits_a_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(programs); i++) {
        AZ_AUTO_BUF b = az_buf(1 << 16);
        az_program_help(&b, programs[i]);
        struct az_str rest = az_buf_view(&b), line;
        while (az_str_line(&rest, &line)) {
            if (az_glyph_width(line) > 80)
                fail_msg("%s: '" AZ_STR_FMT "'", programs[i]->name, AZ_STR_ARG(line));
        }
        for (const struct az_opt *o = az_program_table; o->name; o++)
            assert_non_null(strstr(b.p, o->name));
        assert_non_null(strstr(b.p, programs[i]->config));
        assert_non_null(strstr(b.p, "SIGHUP"));
    }
}

static void pages_name_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(programs); i++) {
        const struct az_program *p = programs[i];
        AZ_AUTO_BUF page = az_buf(1 << 16);
        AZ_AUTO_BUF doc = az_buf(1 << 16);
        az_program_page(&page, p);
        az_program_markdown(&doc, p);
        assert_non_null(strstr(page.p, "\\fB\\-\\-check\\-config\\fR"));
        assert_non_null(strstr(page.p, ".SH EXIT STATUS"));
        assert_non_null(strstr(doc.p, "| `-c`, `--config FILE` |"));
        for (const struct az_program_row *r = p->exits; r->name; r++) {
            assert_non_null(strstr(page.p, r->name));
            assert_non_null(strstr(doc.p, r->text));
        }
    }
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(1 << 16);
        az_fault_alloc(nth);
        az_program_help(&b, programs[0]);
        az_program_page(&b, programs[0]);
        az_program_markdown(&b, programs[0]);
        r = az_buf_check(&b, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(help_fits_a_terminal),
                                       cmocka_unit_test(pages_name_all),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
