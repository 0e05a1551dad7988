#include "tests/stub/file.h"

#include <errno.h>

int file_read(const char *path, struct az_buf *ret, struct az_error *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return az_fail(err, AZ_EIO, "'%s': %s", path, strerror(errno));
    size_t n;
    char *room;
    while ((room = az_buf_room(ret, 64 << 10)) && (n = fread(room, 1, 64 << 10, f)))
        ret->n += n;
    bool bad = ferror(f);
    fclose(f);
    return bad ? az_fail(err, AZ_EIO, "'%s': reading failed", path) : az_buf_check(ret, err);
}

int file_each_json(const char *path, file_row_fn *each, void *arg, struct az_error *err)
{
    AZ_AUTO_BUF text = az_buf((size_t)1 << 30);
    int r = file_read(path, &text, err);
    struct az_str rest = az_buf_view(&text), line;
    for (int n = 1; r == 0 && az_str_line(&rest, &line); n++) {
        if (!az_str_trim(line).n)
            continue;
        AZ_AUTO(json) doc = NULL;
        r = az_json_parse(line, &doc, err);
        if (r == 0)
            r = each(arg, az_json_root(doc), err);
        if (r < 0)
            az_wrap(err, "'%s' line %d", path, n);
    }
    return r;
}
