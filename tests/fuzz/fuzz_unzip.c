/* Zip archives: entries out, or an error with words. */
#include <sys/mman.h>
#include <unistd.h>

#include "core/io_unzip.h"
#include "tests/fuzz/fuzz.h"

enum { ENOUGH = 1 << 24 }; /* bytes out of a small archive */

static void read_all(int fd, struct az_error *err)
{
    AZ_AUTO(source) source = NULL;
    struct az_str first, name, bytes;
    az_assert(az_source_open_fd(fd, "zip", &source, err) == 0);
    if (az_source_next(source, &first, err) <= 0 || !az_unzip_is(first))
        return;
    AZ_AUTO(unzip) u = az_unzip_new(source, first);
    az_assert(u);
    size_t out = 0;
    int r;
    while (out < ENOUGH && (r = az_unzip_next(u, &name, err)) > 0) {
        while (out < ENOUGH && (r = az_unzip_read(u, &bytes, err)) > 0)
            out += bytes.n;
        if (r < 0)
            break;
    }
    az_assert(out >= ENOUGH || r == 0 || *err->what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_error err = {0};
    int fd = memfd_create("fuzz", 0);
    az_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    read_all(fd, &err);
    close(fd);
    return 0;
}
