/* The panels of panels/ parse, print and parse again; and the README names
 * each of them. */
#include <dirent.h>

#include "core/lexical_names.h"
#include "core/mem.h"
#include "core/panel.h"
#include "policies/policy.h"
#include "tests/unit/unit.h"
#include "workers/lexical/lexical.h"

static const char *folder(void)
{
    static char path[1024];
    static const char tail[] = "tests/unit/test_panels.c";
    size_t n = strlen(__FILE__) - (sizeof(tail) - 1);
    snprintf(path, sizeof(path), "%.*spanels", (int)n, __FILE__);
    return path;
}

static char *slurp(const char *name)
{
    char path[1400];
    snprintf(path, sizeof(path), "%s/%s", folder(), name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot read %s", path);
    char *text = az_zalloc(65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, f) > 0);
    fclose(f);
    return text;
}

static void check(const char *name, const char *readme)
{
    AZ_AUTO_MEM char *yaml = slurp(name);
    AZ_AUTO(panel) p = NULL;
    AZ_AUTO(panel) q = NULL;
    AZ_AUTO_BUF text = az_buf(1 << 20);
    struct az_error err = {0};
    if (az_panel_parse(yaml, name, NULL, &p, &err) < 0)
        fail_msg("%s (%s)", err.what, err.hint);
    if (az_policy_check(p, &err) < 0)
        fail_msg("%s: %s", name, err.what);
    az_panel_print(&text, p, false);
    if (az_panel_parse(text.p, name, NULL, &q, &err) < 0)
        fail_msg("printed: %s", err.what);
    assert_true(az_hash_eq(&p->identity, &q->identity));
    if (!strstr(readme, name))
        fail_msg("panels/README.md does not name %s", name);
}

static void all_parse(void **state)
{
    (void)state;
    AZ_AUTO_MEM char *readme = slurp("README.md");
    DIR *dir = opendir(folder());
    assert_non_null(dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (!az_str_ends(az_str(e->d_name), ".yaml"))
            continue;
        check(e->d_name, readme);
        n++;
    }
    closedir(dir);
    assert_true(n >= 7);
}

/* What a panel may name is what the lexical worker measures, and as it says. */
static void lexical_names(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct az_measure *m = az_measures; m->name; m++, n++) {
        int i = az_lexical_find(az_str(m->name));
        if (i < 0)
            fail_msg("'%s' is not in core/lexical_names.h", m->name);
        assert_int_equal(az_lexical_names[i].count, m->counts);
        assert_int_equal(az_lexical_names[i].reference, m->needs != AZ_REFERENCE_NONE);
    }
    assert_int_equal(n, AZ_LEX_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_parse),
                                       cmocka_unit_test(lexical_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
