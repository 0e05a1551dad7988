/* Lines of items: what is accepted prints as JSON and keeps its content. */
#include "core/item.h"
#include "core/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str line = {(const char *)data, size};
    const struct az_panel *panel = fuzz_panel_of(fuzz_choice(&line));
    struct az_error err = {0};
    AZ_AUTO(item) item = NULL;
    AZ_AUTO(item) again = NULL;
    if (az_item_parse(panel, line, 1, &item, &err) < 0) {
        az_assert(*err.what && !item);
        return 0;
    }
    az_assert(item->n_responses <= AZ_RESPONSES_MAX && item->id.n <= AZ_ID_MAX);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_item_print(&b, item);
    AZ_AUTO(json) doc = NULL;
    az_assert(az_buf_check(&b, &err) == 0 && az_json_parse(az_buf_view(&b), &doc, &err) == 0);

    item->seq = 7; /* the store's business */
    az_buf_clear(&b);
    az_item_pack(&b, item);
    az_assert(az_item_unpack(panel, az_buf_view(&b), &again, &err) == 0);
    az_assert(az_hash_eq(&item->content, &again->content) && az_str_eq(item->id, again->id));
    return 0;
}
