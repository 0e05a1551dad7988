#include "core/io_gold.h"

#include "core/io_file.h"

int az_golds_read(const char *path, struct az_golds **ret, struct az_error *err)
{
    AZ_AUTO_MEM char *text = NULL;
    size_t n;
    int r = az_file_read(path, AZ_GOLD_FILE_MAX, &text, &n, err);
    if (r < 0)
        return r;
    r = az_golds_parse((struct az_str){text, n}, ret, err);
    return r < 0 ? az_wrap(err, "'%s'", path) : 0;
}
