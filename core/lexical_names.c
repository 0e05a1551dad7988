#include "core/lexical_names.h"

const struct az_lexical_name az_lexical_names[AZ_LEX_COUNT] = {
#define X(NAME, name, reference, count, rule, doc) {name, reference, count, rule, doc},
    AZ_LEXICAL_NAMES(X)
#undef X
};

int az_lexical_find(struct az_str name)
{
    for (int i = 0; i < AZ_LEX_COUNT; i++) {
        if (az_str_eqz(name, az_lexical_names[i].name))
            return i;
    }
    return -1;
}
