#include "core/io_unzip.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

enum { LATER = 1, WIDE = 2, UNMARKED = 4, BAD_SUM = 8, SECRET = 16, NO_SIZE = 32 };

static void put(struct az_buf *b, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        az_buf_char(b, (char)(v >> (8 * i) & 0xff));
}

static void pack(struct az_buf *to, struct az_str text, int method)
{
    char *room = az_buf_room(to, text.n + 1000);
    if (method == 8) {
        z_stream z = {.next_in = (unsigned char *)text.p, .avail_in = (uInt)text.n};
        deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
        z.next_out = (unsigned char *)room;
        z.avail_out = (uInt)text.n + 1000;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        to->n = z.total_out;
        deflateEnd(&z);
    } else if (method == 93) {
        to->n = ZSTD_compress(room, text.n + 1000, text.p, text.n, 3);
    } else {
        memcpy(room, text.p, text.n);
        to->n = text.n;
    }
}

/* One entry, as a program writes it that can go back (or, LATER, that can't). */
static void entry(struct az_buf *b, const char *name, struct az_str text, int method, int how)
{
    AZ_AUTO_BUF packed = az_buf(1 << 20);
    pack(&packed, text, method);
    uint32_t sum = (uint32_t)crc32(crc32(0, NULL, 0), (const unsigned char *)text.p, (uInt)text.n);
    sum ^= how & BAD_SUM ? 1 : 0;
    bool later = how & LATER, wide = how & WIDE;
    az_buf_put(b, "PK\3\4", 4);
    put(b, 20, 2);
    put(b, (later || how & NO_SIZE ? 8 : 0) | (how & SECRET ? 1 : 0), 2);
    put(b, (uint64_t)method, 2);
    put(b, 0, 4);
    put(b, later ? 0 : sum, 4);
    put(b, wide ? UINT32_MAX : later ? 0 : packed.n, 4);
    put(b, wide ? UINT32_MAX : later ? 0 : text.n, 4);
    put(b, strlen(name), 2);
    put(b, wide ? 24 : 0, 2);
    az_buf_z(b, name);
    if (wide) { /* another's field goes before */
        put(b, 0x7075, 2);
        put(b, 0, 2);
        put(b, 1, 2);
        put(b, 16, 2);
        put(b, later ? 0 : text.n, 8);
        put(b, later ? 0 : packed.n, 8);
    }
    az_buf_str(b, az_buf_view(&packed));
    if (later && !(how & UNMARKED))
        az_buf_put(b, "PK\7\x08", 4);
    if (later) {
        put(b, sum, 4);
        put(b, packed.n, wide ? 8 : 4);
        put(b, text.n, wide ? 8 : 4);
    }
}

/* "name=contents …"; `skip` entries are not read. */
static int list(struct az_str zip, const char *skip, struct az_buf *out, struct az_error *err)
{
    int fd = memfd_create("zip", 0);
    assert_true(fd >= 0 && write(fd, zip.p, zip.n) == (ssize_t)zip.n &&
                lseek(fd, 0, SEEK_SET) == 0);
    AZ_AUTO(source) source = NULL;
    struct az_str first = {0}, name, bytes;
    int r = az_source_open_fd(fd, "zip", &source, err);
    if (r == 0)
        r = az_source_next(source, &first, err);
    AZ_AUTO(unzip) u = r > 0 ? az_unzip_new(source, first) : NULL;
    if (r > 0 && !u)
        r = az_oom(err);
    while (r > 0 && (r = az_unzip_next(u, &name, err)) > 0) {
        az_buf_fmt(out, "%s" AZ_STR_FMT "=", out->n ? " " : "", AZ_STR_ARG(name));
        if (az_str_eqz(name, skip))
            continue;
        while ((r = az_unzip_read(u, &bytes, err)) > 0)
            az_buf_fmt(out, AZ_STR_FMT, AZ_STR_ARG(bytes));
        r = r < 0 ? r : 1;
    }
    close(fd);
    return r;
}

static const struct {
    int method, how;
    const char *want;
} cases[] = {
    {0, 0, "a=hello hello hello b=x"},
    {8, 0, "a=hello hello hello b=x"},
    {93, 0, "a=hello hello hello b=x"},
    {8, LATER, "a=hello hello hello b=x"},
    {93, LATER, "a=hello hello hello b=x"},
    {8, LATER | UNMARKED, "a=hello hello hello b=x"},
    {8, WIDE, "a=hello hello hello b=x"},
    {8, WIDE | LATER, "a=hello hello hello b=x"},
    {0, WIDE, "a=hello hello hello b=x"},
    {0, BAD_SUM,
     "a= error: 'zip': zip data is broken: it is not what its check sum "
     "says at byte 48"},
    {8, SECRET, "error: 'zip': zip data is encrypted at byte 31"},
    {0, NO_SIZE, "error: 'zip': zip data is stored without its size at byte 31"},
    {12, 0, "error: 'zip': zip data is packed in a way that is not known at byte 31"},
};

static void make(struct az_buf *zip, int method, int how)
{
    entry(zip, "a", AZ_STR("hello hello hello"), method, how);
    entry(zip, "b", AZ_STR("x"), 0, 0);
    az_buf_put(zip, "PK\1\2 the directory", 17);
}

static void unzip_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF zip = az_buf(1 << 20);
        AZ_AUTO_BUF got = az_buf(1 << 20);
        struct az_error err = {0};
        make(&zip, cases[i].method, cases[i].how);
        assert_true(az_unzip_is(az_buf_view(&zip)));
        if (list(az_buf_view(&zip), NULL, &got, &err) < 0)
            az_buf_fmt(&got, "%serror: %s", got.n ? " " : "", err.what);
        if (strcmp(got.p, cases[i].want))
            fail_msg("case %zu: got '%s', want '%s'", i, got.p, cases[i].want);
    }
}

static void passed_over(void **state)
{
    (void)state;
    AZ_AUTO_BUF zip = az_buf(1 << 20);
    AZ_AUTO_BUF got = az_buf(1 << 20);
    struct az_error err = {0};
    make(&zip, 8, LATER);
    assert_int_equal(list(az_buf_view(&zip), "a", &got, &err), 0);
    assert_string_equal(got.p, "a= b=x");
}

/* More than any buffer holds. */
static void large(void **state)
{
    (void)state;
    AZ_AUTO_BUF text = az_buf(1 << 21);
    for (int i = 0; i < 60000; i++)
        az_buf_fmt(&text, "%d ", i * 7919 % 60013);
    static const int methods[] = {0, 8, 93};
    for (size_t i = 0; i < AZ_LEN(methods); i++) {
        AZ_AUTO_BUF zip = az_buf(1 << 21);
        AZ_AUTO_BUF got = az_buf(1 << 21);
        struct az_error err = {0};
        entry(&zip, "n", az_buf_view(&text), methods[i], 0);
        az_buf_put(&zip, "PK\1\2", 4);
        assert_int_equal(list(az_buf_view(&zip), NULL, &got, &err), 0);
        assert_int_equal(got.n, text.n + 2);
        assert_memory_equal(got.p + 2, text.p, text.n);
    }
}

static void cut_anywhere(void **state)
{
    (void)state;
    static const int methods[] = {0, 8, 93};
    for (size_t i = 0; i < AZ_LEN(methods); i++) {
        AZ_AUTO_BUF zip = az_buf(1 << 20);
        make(&zip, methods[i], methods[i] ? LATER : 0);
        for (size_t n = 4; n < zip.n - 13; n++) {
            AZ_AUTO_BUF got = az_buf(1 << 20);
            struct az_error err = {0};
            if (list((struct az_str){zip.p, n}, NULL, &got, &err) != AZ_EIO)
                fail_msg("method %d cut at %zu: '%s'", methods[i], n, got.p ? got.p : "");
        }
    }
}

static void without_memory(void **state)
{
    (void)state;
    AZ_AUTO_BUF zip = az_buf(1 << 20);
    make(&zip, 8, 0);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF got = az_buf(1 << 20);
        struct az_error err = {0};
        az_buf_z(&got, "");
        az_fault_alloc(nth);
        r = list(az_buf_view(&zip), NULL, &got, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unzip_table),  cmocka_unit_test(passed_over),    cmocka_unit_test(large),
        cmocka_unit_test(cut_anywhere), cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
