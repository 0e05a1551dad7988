#include "client/cli/io_content.h"

#include <sys/stat.h>

#include "core/io_source.h"

int az_content_hash(const char *path, struct az_hash *ret, struct az_error *err)
{
    struct stat st;
    if (!strcmp(path, "-") || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return 0;
    AZ_AUTO(source) in = NULL;
    struct az_str bytes;
    struct az_hasher h;
    az_hasher_init(&h);
    int r = az_source_open(path, &in, err);
    while (r >= 0 && (r = az_source_next(in, &bytes, err)) > 0)
        crypto_generichash_update(&h.state, (const unsigned char *)bytes.p, bytes.n);
    if (r < 0)
        return r;
    *ret = az_hasher_end(&h);
    return 1;
}
