#include "client/cli/figure_json.h"

void az_figure_put(struct az_jw *w, const char *key, const struct az_figure *f)
{
    az_jw_key(w, key);
    az_jw_obj(w);
    az_jw_key(w, "value");
    if (f->defined)
        az_jw_num(w, f->value);
    else
        az_jw_null(w);
    if (f->has_interval) {
        az_jw_knum(w, "low", f->low);
        az_jw_knum(w, "high", f->high);
        az_jw_kz(w, "method", f->method);
    }
    az_jw_kint(w, "n", f->n);
    if (!f->defined)
        az_jw_kz(w, "reason", f->reason ? f->reason : "not worked out");
    az_jw_obj_end(w);
}
