/* JSON: what is accepted prints, and prints the same when it is read again. */
#include "core/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AZ_AUTO(json) one = NULL;
    AZ_AUTO(json) two = NULL;
    struct az_error err = {0};
    if (az_json_parse((struct az_str){(const char *)data, size}, &one, &err) < 0) {
        az_assert(*err.what && !one);
        return 0;
    }
    AZ_AUTO_BUF a = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_jv_print(&a, az_json_root(one));
    az_assert(az_buf_check(&a, &err) == 0);
    az_assert(az_json_parse(az_buf_view(&a), &two, &err) == 0);
    az_jv_print(&b, az_json_root(two));
    az_assert(az_str_eq(az_buf_view(&a), az_buf_view(&b)));
    return 0;
}
