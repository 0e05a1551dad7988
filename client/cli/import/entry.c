#include "client/cli/import/entry.h"

#include "core/item.h"

static void begin(struct az_entry *e)
{
    az_json_split_release(&e->split);
    az_json_split_init(&e->split, e->keys, AZ_LINE_MAX);
    e->too_long = false;
}

void az_entry_init(struct az_entry *e, const char *const *keys)
{
    *e = (struct az_entry){.keys = keys, .record = az_buf(AZ_BUF_MAX)};
    begin(e);
}

void az_entry_release(struct az_entry *e)
{
    az_json_split_release(&e->split);
    az_buf_release(&e->record);
}

int az_entry_feed(struct az_entry *e, struct az_str bytes, struct az_error *err)
{
    size_t path;
    struct az_str text;
    int r;
    if (e->split.at == 0)
        az_buf_clear(&e->record);
    while ((r = az_json_split_next(&e->split, &bytes, &path, &text, err)) > 0) {
        e->too_long |= r == AZ_SPLIT_LONG;
        if (r == AZ_SPLIT_LONG)
            continue;
        az_buf_fmt(&e->record, "%c\"%s\":", e->record.n ? ',' : '{', e->keys[path]);
        az_buf_str(&e->record, text);
    }
    return r < 0 ? r : az_buf_check(&e->record, err);
}

int az_entry_end(struct az_entry *e, struct az_str *ret, struct az_error *err)
{
    int r = az_json_split_end(&e->split, err);
    if (r == 0 && e->too_long)
        r = az_fail(err, AZ_EINVAL, "a member longer than the %d bytes that one may have",
                    AZ_LINE_MAX);
    az_buf_z(&e->record, e->record.n ? "}" : "{}");
    if (r == 0)
        r = az_buf_check(&e->record, err);
    if (r == 0)
        *ret = az_buf_view(&e->record);
    begin(e);
    return r;
}
