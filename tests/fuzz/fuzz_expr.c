/* Conditions: parsed or refused with a column; what is parsed always has an answer. */
#include "client/cli/expr.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

static const char *const fields[] = {"score",   "share",  "label", "status",
                                     "item.id", "meta.*", NULL};

static struct az_value look_up(void *arg, const char *path)
{
    (void)arg;
    switch (strlen(path) % 4) {
    case 0:
        return az_value_num((double)strlen(path));
    case 1:
        return az_value_text(az_str(path));
    case 2:
        return (struct az_value){.type = AZ_V_BOOL, .yes = true};
    default:
        return (struct az_value){.type = AZ_V_NULL};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AZ_AUTO_MEM char *text = az_alloc(size + 1);
    az_assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    struct az_error err = {0};
    AZ_AUTO(expr) e = NULL;
    if (az_expr_parse(text, fields, &e, &err) < 0) {
        az_assert(*err.what && !e);
        return 0;
    }
    az_assert(az_expr_holds(e, look_up, NULL) == az_expr_holds(e, look_up, NULL));
    return 0;
}
