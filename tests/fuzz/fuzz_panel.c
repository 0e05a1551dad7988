/* Panels: what is accepted prints as a panel with the same identities. */
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

/* libfyaml leaks on malformed input: that is not what is looked for here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AZ_AUTO_MEM char *yaml = az_alloc(size + 1);
    az_assert(yaml);
    memcpy(yaml, data, size);
    yaml[size] = '\0';
    struct az_panel_source source = {0};
    struct az_error err = {0};
    AZ_AUTO(panel) p = NULL;
    AZ_AUTO(panel) q = NULL;
    int r = az_panel_parse(yaml, "fuzz.yaml", &source, &p, &err);
    if (r < 0) {
        az_assert(*err.what && !p);
        return 0;
    }
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_panel_print(&b, p, false);
    if (az_buf_check(&b, &err) < 0)
        return 0;
    if (az_panel_parse(b.p, "printed.yaml", &source, &q, &err) < 0) {
        fprintf(stderr, "%s\n%s\n", err.what, b.p);
        az_assert(!"what was printed is no panel");
    }
    az_assert(az_hash_eq(&p->identity, &q->identity) && p->n_judges == q->n_judges);
    for (size_t j = 0; j < p->n_judges; j++)
        az_assert(az_hash_eq(&p->judges[j].identity, &q->judges[j].identity));
    return 0;
}
