#include "client/cli/source_args.h"

#include "core/str.h"

static bool is_panel(const char *arg)
{
    struct az_str s = az_str(arg);
    return az_str_ends(s, ".yaml") || az_str_ends(s, ".yml");
}

int az_source_args(const struct az_opt *table, int argc, char **argv, void *options,
                   const char *wants, const char *hint, struct az_source_args *ret,
                   struct az_error *err)
{
    size_t n = 0;
    *ret = (struct az_source_args){0};
    int r = az_options_parse(table, argc, argv, options, ret->v, AZ_SOURCE_ARGS, &n, err);
    if (r < 0)
        return r;
    bool panel = n && is_panel(ret->v[0]);
    ret->panel = panel ? ret->v[0] : NULL;
    ret->paths = ret->v + panel;
    ret->n = n - panel;
    if (ret->n)
        return 0;
    az_fail(err, AZ_EUSAGE, "%s", wants);
    az_hint(err, "%s", hint);
    return AZ_EUSAGE;
}
