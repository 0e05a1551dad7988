#include "workers/io_recorded.h"

#include "core/io_file.h"

int az_recorded_load(const char *path, struct az_recorded **ret, struct az_error *err)
{
    AZ_AUTO(recorded) t = az_recorded_new();
    if (!t)
        return az_oom(err);
    AZ_AUTO(lines) lines = NULL;
    int r = az_lines_open(path, &lines, err);
    struct az_line line;
    while (r >= 0 && (r = az_lines_next(lines, &line, err)) > 0) {
        if (r == AZ_LINE_LONG)
            return az_fail(err, AZ_EINVAL, "'%s': line %lld is too long", path,
                           (long long)line.number);
        r = az_recorded_add_line(t, line.text, err);
        if (r < 0)
            return az_wrap(err, "'%s'", path);
    }
    if (r < 0)
        return r;
    *ret = AZ_TAKE(t);
    return 0;
}
