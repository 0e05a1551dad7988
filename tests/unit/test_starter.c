/* The panels of `assize init`: as they are, and with every judge that they offer
 * in a comment. */
#include "client/cli/starter.h"

#include "core/prompt.h"
#include "policies/policy.h"
#include "tests/unit/cli_panel.h"
#include "workers/lexical/lexical.h"

static void check(const char *name, const char *yaml, size_t n_judges)
{
    AZ_AUTO(panel) p = panel_from(yaml);
    AZ_AUTO(prompter) prompter = NULL;
    struct az_error err = {0};
    if (az_policy_check(p, &err) < 0 || az_prompter_new(p, &prompter, &err) < 0)
        fail_msg("%s: %s", name, err.what);
    for (size_t j = 0; j < p->n_judges; j++) {
        bool lexical = !strcmp(p->backends[p->judges[j].backend_at].kind, "lexical");
        if (lexical && az_lexical_check(p, &p->judges[j], &err) < 0)
            fail_msg("%s: %s", name, err.what);
        if (!lexical && !p->judges[j].price.known)
            fail_msg("%s: limits.usd without a price for %s", name, p->judges[j].name);
    }
    assert_int_equal(p->n_judges, n_judges);
    assert_true(p->limits.has_usd);
    assert_true(p->question.pass != AZ_PASS_NONE);
}

static size_t judges_in(const char *yaml)
{
    size_t n = 0;
    for (const char *at = yaml; (at = strstr(at, "#- {name:")); at++)
        n++;
    return n;
}

/* "#- {name: …}" becomes "- {name: …}". */
static void uncomment(struct az_buf *b, const char *yaml)
{
    for (; *yaml; yaml++) {
        if (strncmp(yaml, "#- {", 4) != 0)
            az_buf_char(b, *yaml);
    }
}

static void all(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct az_starter *s = az_starters; s->name; s++, n++) {
        AZ_AUTO_BUF full = az_buf(1 << 20);
        uncomment(&full, s->yaml);
        assert_true(judges_in(s->yaml) >= 2);
        check(s->name, s->yaml, 2);
        check(s->name, full.p, 2 + judges_in(s->yaml));
        AZ_AUTO(panel) p = panel_from(s->yaml);
        assert_string_equal(az_kind_name(p->question.kind), s->name);
        assert_ptr_equal(az_starter_find(s->name), s);
    }
    assert_int_equal(n, 3);
    assert_null(az_starter_find("rank"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
