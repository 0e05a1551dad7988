#include "core/io_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/assize-io-file-XXXXXX";

/* A path in the test's folder; one of a few static texts. */
static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % AZ_LEN(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void put_file(const char *path, struct az_str bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
}

enum form { PLAIN, GZIP, ZSTD };

/* `bytes` appended to `b` as one gzip member, zstd frame, or as they are. */
static void compress_to(struct az_buf *b, enum form form, struct az_str bytes)
{
    size_t room = ZSTD_compressBound(bytes.n) + 1024, n = bytes.n;
    char *at = az_buf_room(b, room);
    assert_non_null(at);
    if (form == GZIP) {
        z_stream z = {0};
        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        z.next_in = (Bytef *)bytes.p;
        z.avail_in = (uInt)bytes.n;
        z.next_out = (Bytef *)at;
        z.avail_out = (uInt)room;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        n = room - z.avail_out;
        deflateEnd(&z);
    } else if (form == ZSTD) {
        n = ZSTD_compress(at, room, bytes.p, bytes.n, 3);
        assert_false(ZSTD_isError(n));
    } else {
        memcpy(at, bytes.p, n);
    }
    b->n += n;
}

/* "1=a 2=b! 3=…": number, text, '!' when the newline is missing. */
static void tell_lines(struct az_lines *l, struct az_buf *b)
{
    struct az_line line;
    struct az_error err = {0};
    int r;
    while ((r = az_lines_next(l, &line, &err)) > 0) {
        az_buf_fmt(b, "%s%lld", b->n ? " " : "", (long long)line.number);
        if (r == AZ_LINE_LONG)
            az_buf_fmt(b, "=long:%lld", (long long)line.bytes);
        else
            az_buf_fmt(b, "=" AZ_STR_FMT, AZ_STR_ARG(line.text));
        if (r == AZ_LINE_HERE && !az_str_ends(line.raw, "\n"))
            az_buf_char(b, '!');
    }
    if (r < 0)
        az_buf_fmt(b, "%serror: %s", b->n ? " " : "", err.what);
    assert_int_equal(az_buf_check(b, NULL), 0);
}

static const struct {
    const char *text, *want;
} line_cases[] = {
    {"a\nb\n", "1=a 2=b"},
    {"a\nb", "1=a 2=b!"},
    {"a\r\nb\r\n", "1=a 2=b"},
    {"a\rb\n", "1=a\rb"},
    {"\n\na\n", "1= 2= 3=a"},
    {"", ""},
    {"\n", "1="},
    {"\r\n", "1="},
    {"\r", "1=\r!"},
    {"\xef\xbb\xbf{}\n\xef\xbb\xbf\n", "1={} 2=\xef\xbb\xbf"},
    {"x", "1=x!"},
};

static void lines_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF file = az_buf(65536), told = az_buf(65536);
    for (size_t i = 0; i < AZ_LEN(line_cases); i++) {
        for (enum form form = PLAIN; form <= ZSTD; form++) {
            AZ_AUTO(lines) l = NULL;
            az_buf_clear(&file);
            az_buf_clear(&told);
            compress_to(&file, form, az_str(line_cases[i].text));
            put_file(in_folder("in"), az_buf_view(&file));
            assert_int_equal(az_lines_open(in_folder("in"), &l, NULL), 0);
            tell_lines(l, &told);
            if (!az_str_eqz(az_buf_view(&told), line_cases[i].want))
                fail_msg("case %zu, form %d: got '%s', want '%s'", i, (int)form, told.p,
                         line_cases[i].want);
        }
    }
}

/* Lines of all lengths around the buffers' edges, in several members; the raw
 * bytes put together are the file. */
static void raw_bytes_add_up(void **state)
{
    (void)state;
    AZ_AUTO_BUF plain = az_buf(AZ_BUF_MAX), part = az_buf(AZ_BUF_MAX), file = az_buf(AZ_BUF_MAX),
                again = az_buf(AZ_BUF_MAX);
    for (enum form form = PLAIN; form <= ZSTD; form++) {
        az_buf_clear(&plain);
        az_buf_clear(&file);
        int64_t count = 0;
        for (int piece = 0; piece < 6; piece++) {
            az_buf_clear(&part);
            for (int i = 0; i < 70; i++, count++) {
                size_t len = i % 7 == 0 ? (size_t)(131060 + i / 7 + piece) : (size_t)(i * 37 % 400);
                for (size_t k = 0; k < len; k++)
                    az_buf_char(&part, (char)('a' + (k * 7 + (size_t)i) % 23));
                az_buf_z(&part, i % 3 ? "\n" : "\r\n");
            }
            az_buf_str(&plain, az_buf_view(&part));
            compress_to(&file, form, az_buf_view(&part));
        }
        put_file(in_folder("in"), az_buf_view(&file));

        AZ_AUTO(lines) l = NULL;
        struct az_line line = {0};
        az_buf_clear(&again);
        assert_int_equal(az_lines_open(in_folder("in"), &l, NULL), 0);
        while (az_lines_next(l, &line, NULL) == AZ_LINE_HERE)
            az_buf_str(&again, line.raw);
        assert_int_equal(line.number, count);
        assert_true(az_str_eq(az_buf_view(&plain), az_buf_view(&again)));
    }
}

static void write_run(int fd, char c, size_t n)
{
    char chunk[4096];
    memset(chunk, c, sizeof(chunk));
    for (size_t left = n; left;) {
        ssize_t done = write(fd, chunk, AZ_MIN(left, sizeof(chunk)));
        assert_true(done > 0);
        left -= (size_t)done;
    }
}

static void lines_that_are_too_long(void **state)
{
    (void)state;
    AZ_AUTO(lines) l = NULL;
    AZ_AUTO_BUF want = az_buf(65536), told = az_buf(AZ_BUF_MAX);
    int fd = open(in_folder("long"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    write_run(fd, 'a', AZ_LINE_MAX + 1);
    write_run(fd, '\n', 1);
    write_run(fd, 'b', 1);
    write_run(fd, '\n', 1);
    write_run(fd, 'c', AZ_LINE_MAX);
    write_run(fd, '\n', 1);
    write_run(fd, 'd', 3 * (size_t)AZ_LINE_MAX);
    write_run(fd, '\n', 1);
    write_run(fd, 'e', 1);
    write_run(fd, '\n', 1);
    write_run(fd, 'f', 2 * (size_t)AZ_LINE_MAX);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);

    assert_int_equal(az_lines_open_fd(fd, "long", &l, NULL), 0);
    struct az_line line;
    const struct {
        int outcome;
        char first;
        int64_t bytes;
    } wanted[] = {
        {AZ_LINE_LONG, 'a', AZ_LINE_MAX + 2},
        {AZ_LINE_HERE, 'b', 2},
        {AZ_LINE_HERE, 'c', AZ_LINE_MAX + 1},
        {AZ_LINE_LONG, 'd', 3 * (int64_t)AZ_LINE_MAX + 1},
        {AZ_LINE_HERE, 'e', 2},
        {AZ_LINE_LONG, 'f', 2 * (int64_t)AZ_LINE_MAX},
    };
    for (size_t i = 0; i < AZ_LEN(wanted); i++) {
        assert_int_equal(az_lines_next(l, &line, NULL), wanted[i].outcome);
        assert_int_equal(line.number, i + 1);
        assert_int_equal(line.bytes, wanted[i].bytes);
        if (wanted[i].outcome == AZ_LINE_HERE)
            assert_int_equal(line.text.p[0], wanted[i].first);
        else
            assert_int_equal(line.text.n, 0);
    }
    assert_int_equal(az_lines_next(l, &line, NULL), AZ_LINE_END);
    close(fd);
}

static const char *open_error(const char *path, int *code)
{
    static char what[512];
    struct az_lines *l = NULL;
    struct az_error err = {0};
    *code = az_lines_open(path, &l, &err);
    assert_null(l);
    snprintf(what, sizeof(what), "%s", err.what);
    return what;
}

static void what_cannot_be_read(void **state)
{
    (void)state;
    char want[512];
    int code;
    snprintf(want, sizeof(want), "no such file '%s'", in_folder("none"));
    assert_string_equal(open_error(in_folder("none"), &code), want);
    assert_int_equal(code, AZ_ENOENT);
    snprintf(want, sizeof(want), "'%s' is a directory", folder);
    assert_string_equal(open_error(folder, &code), want);
    assert_int_equal(code, AZ_EINVAL);
    snprintf(want, sizeof(want), "cannot read '%s': %s", in_folder("loop"), strerror(ELOOP));
    assert_int_equal(symlink("loop", in_folder("loop")), 0);
    assert_string_equal(open_error(in_folder("loop"), &code), want);
    assert_int_equal(code, AZ_EIO);

    AZ_AUTO(lines) l = NULL;
    struct az_line line;
    struct az_error err = {0};
    put_file(in_folder("empty"), AZ_STR(""));
    assert_int_equal(az_lines_open(in_folder("empty"), &l, NULL), 0);
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_END);
    assert_int_equal(az_lines_check_any(l, &err), AZ_ENOENT);
    snprintf(want, sizeof(want), "'%s' is empty", in_folder("empty"));
    assert_string_equal(err.what, want);
}

/* Cut anywhere, compressed data is an error and never a shorter file. */
static void cut_off_anywhere(void **state)
{
    (void)state;
    AZ_AUTO_BUF file = az_buf(65536), told = az_buf(65536);
    for (enum form form = GZIP; form <= ZSTD; form++) {
        az_buf_clear(&file);
        compress_to(&file, form, AZ_STR("one\ntwo\nthree, three, three, three\n"));
        for (size_t n = 4; n < file.n; n++) {
            AZ_AUTO(lines) l = NULL;
            char want[128];
            az_buf_clear(&told);
            put_file(in_folder("cut"), (struct az_str){file.p, n});
            assert_int_equal(az_lines_open(in_folder("cut"), &l, NULL), 0);
            tell_lines(l, &told);
            snprintf(want, sizeof(want), "%s data is cut off at byte %zu",
                     form == GZIP ? "gzip" : "zstd", n);
            if (!strstr(told.p, want))
                fail_msg("cut at %zu: got '%s', want '%s'", n, told.p, want);
        }
    }
}

static void broken_inside(void **state)
{
    (void)state;
    AZ_AUTO_BUF file = az_buf(65536), told = az_buf(65536);
    for (enum form form = GZIP; form <= ZSTD; form++) {
        AZ_AUTO(lines) l = NULL;
        az_buf_clear(&file);
        az_buf_clear(&told);
        compress_to(&file, form, AZ_STR("one\ntwo\n"));
        file.p[form == GZIP ? file.n - 6 : 5] ^= 0x55; /* the check sum; the header */
        put_file(in_folder("bad"), az_buf_view(&file));
        assert_int_equal(az_lines_open(in_folder("bad"), &l, NULL), 0);
        tell_lines(l, &told);
        assert_non_null(strstr(told.p, "error: '"));
    }
    /* rubbish behind it, but for zeros */
    AZ_AUTO(lines) padded = NULL;
    AZ_AUTO(lines) followed = NULL;
    az_buf_clear(&file);
    az_buf_clear(&told);
    compress_to(&file, GZIP, AZ_STR("one\n"));
    az_buf_put(&file, "\0\0\0", 3);
    put_file(in_folder("bad"), az_buf_view(&file));
    assert_int_equal(az_lines_open(in_folder("bad"), &padded, NULL), 0);
    tell_lines(padded, &told);
    assert_string_equal(told.p, "1=one");
    az_buf_z(&file, "x");
    put_file(in_folder("bad"), az_buf_view(&file));
    az_buf_clear(&told);
    assert_int_equal(az_lines_open(in_folder("bad"), &followed, NULL), 0);
    tell_lines(followed, &told);
    assert_non_null(strstr(told.p, "gzip data is followed by something else"));
}

/* Not waiting: a line is there or it is not, whatever the pieces. */
static void a_pipe_without_waiting(void **state)
{
    (void)state;
    AZ_AUTO(lines) l = NULL;
    struct az_line line;
    struct az_error err = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(az_lines_open_fd(ends[0], "pipe", &l, NULL), 0);
    az_lines_set_waiting(l, false);
    assert_int_equal(az_lines_fd(l), ends[0]);

    assert_int_equal(az_lines_next(l, &line, &err), AZ_EAGAIN);
    assert_int_equal(write(ends[1], "a", 1), 1);
    assert_int_equal(az_lines_next(l, &line, &err), AZ_EAGAIN);
    assert_int_equal(write(ends[1], "bcdef\nsec", 9), 9);
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_HERE);
    assert_true(az_str_eqz(line.text, "abcdef"));
    assert_int_equal(az_lines_next(l, &line, &err), AZ_EAGAIN);
    assert_int_equal(write(ends[1], "ond\nx\ny", 7), 7);
    close(ends[1]);
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_HERE);
    assert_true(az_str_eqz(line.text, "second"));
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_HERE);
    assert_true(az_str_eqz(line.raw, "x\n"));
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_HERE);
    assert_true(az_str_eqz(line.raw, "y"));
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_END);
    assert_int_equal(az_lines_next(l, &line, &err), AZ_LINE_END);
    assert_int_equal(az_lines_check_any(l, &err), 0);
    close(ends[0]);
}

/* The first bytes of a compressed pipe come one by one. */
static void a_compressed_pipe_in_pieces(void **state)
{
    (void)state;
    for (enum form form = GZIP; form <= ZSTD; form++) {
        AZ_AUTO(lines) l = NULL;
        AZ_AUTO_BUF file = az_buf(65536), told = az_buf(65536);
        struct az_line line;
        int ends[2], r = AZ_EAGAIN;
        compress_to(&file, form, AZ_STR("one\n"));
        compress_to(&file, form, AZ_STR("two\n"));
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(az_lines_open_fd(ends[0], "pipe", &l, NULL), 0);
        az_lines_set_waiting(l, false);
        for (size_t i = 0; i < file.n; i++) {
            assert_int_equal(write(ends[1], file.p + i, 1), 1);
            while ((r = az_lines_next(l, &line, NULL)) == AZ_LINE_HERE)
                az_buf_str(&told, line.raw);
            assert_int_equal(r, AZ_EAGAIN);
        }
        close(ends[1]);
        assert_int_equal(az_lines_next(l, &line, NULL), AZ_LINE_END);
        assert_string_equal(told.p, "one\ntwo\n");
        close(ends[0]);
    }
}

static void whole_files(void **state)
{
    (void)state;
    struct az_error err = {0};
    for (enum form form = PLAIN; form <= ZSTD; form++) {
        AZ_AUTO_BUF file = az_buf(65536);
        AZ_AUTO_MEM char *text = NULL;
        size_t n = 0;
        compress_to(&file, form, AZ_STR("some\ntext"));
        put_file(in_folder("whole"), az_buf_view(&file));
        assert_int_equal(az_file_read(in_folder("whole"), 9, &text, &n, &err), 0);
        assert_int_equal(n, 9);
        assert_string_equal(text, "some\ntext");
        char *none = NULL;
        assert_int_equal(az_file_read(in_folder("whole"), 8, &none, &n, &err), AZ_ELIMIT);
        assert_null(none);
        assert_non_null(strstr(err.what, "whole': larger than 8 bytes"));
    }
    AZ_AUTO_MEM char *empty = NULL;
    put_file(in_folder("whole"), AZ_STR(""));
    assert_int_equal(az_file_read(in_folder("whole"), 8, &empty, NULL, &err), 0);
    assert_string_equal(empty, "");
    char *none = NULL;
    assert_int_equal(az_file_read(in_folder("none"), 8, &none, NULL, &err), AZ_ENOENT);
    assert_int_equal(az_file_read(folder, 8, &none, NULL, &err), AZ_EINVAL);
}

static void expect_file(const char *name, const char *want)
{
    AZ_AUTO_MEM char *text = NULL;
    struct az_error err = {0};
    if (az_file_read(in_folder(name), 1 << 20, &text, NULL, &err) < 0)
        fail_msg("%s", err.what);
    assert_string_equal(text, want);
}

static void a_new_file_replaces_nothing(void **state)
{
    (void)state;
    struct az_error err = {0};
    AZ_AUTO(out) late = NULL;
    AZ_AUTO_MEM char *text = NULL;
    assert_int_equal(az_out_open(in_folder("new"), AZ_OUT_NEW, &late, &err), 0);
    assert_int_equal(az_file_put(in_folder("new"), AZ_OUT_NEW, AZ_STR("first"), &err), 0);
    assert_int_equal(az_file_put(in_folder("new"), AZ_OUT_NEW, AZ_STR("second"), &err), AZ_EEXIST);
    assert_non_null(strstr(err.what, "is there already"));
    /* Nor what came while it was being written. */
    assert_int_equal(az_out_write(late, AZ_STR("late"), &err), 0);
    assert_int_equal(az_out_commit(late, &err), AZ_EEXIST);
    assert_int_equal(az_file_read(in_folder("new"), 100, &text, NULL, &err), 0);
    assert_string_equal(text, "first");
    assert_int_equal(unlink(in_folder("new")), 0);
}

static void an_atomic_file_appears_at_commit(void **state)
{
    (void)state;
    struct az_error err = {0};
    put_file(in_folder("out"), AZ_STR("old"));
    assert_int_equal(chmod(in_folder("out"), 0640), 0);
    {
        AZ_AUTO(out) o = NULL;
        assert_int_equal(az_out_open(in_folder("out"), AZ_OUT_ATOMIC, &o, &err), 0);
        assert_int_equal(az_out_write(o, AZ_STR("dropped"), &err), 0);
        assert_int_equal(az_out_flush(o, &err), 0);
        expect_file("out", "old");
    }
    expect_file("out", "old");
    {
        AZ_AUTO(out) o = NULL;
        assert_int_equal(az_out_open(in_folder("out"), AZ_OUT_ATOMIC, &o, &err), 0);
        assert_int_equal(az_out_write(o, AZ_STR("new"), &err), 0);
        assert_int_equal(az_out_commit(o, &err), 0);
    }
    struct stat st;
    expect_file("out", "new");
    assert_int_equal(stat(in_folder("out"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

/* A link stays one and its target changes; no temporary file is left. */
static void links_are_followed(void **state)
{
    (void)state;
    struct az_error err = {0};
    struct stat st;
    put_file(in_folder("target"), AZ_STR("old"));
    assert_int_equal(symlink("target", in_folder("link")), 0);
    assert_int_equal(az_file_write(in_folder("link"), AZ_STR("new"), &err), 0);
    expect_file("target", "new");
    assert_int_equal(lstat(in_folder("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void a_stream_shows_as_it_comes(void **state)
{
    (void)state;
    AZ_AUTO(out) o = NULL;
    struct az_error err = {0};
    AZ_AUTO_BUF big = az_buf(1 << 20);
    for (int i = 0; i < 200000; i++)
        az_buf_char(&big, 'x');
    assert_int_equal(az_out_open(in_folder("stream"), AZ_OUT_STREAM, &o, &err), 0);
    assert_int_equal(az_out_write(o, AZ_STR("one\n"), &err), 0);
    assert_int_equal(az_out_flush(o, &err), 0);
    expect_file("stream", "one\n");
    assert_int_equal(az_out_write(o, az_buf_view(&big), &err), 0);
    assert_int_equal(az_out_commit(o, &err), 0);
    AZ_AUTO_MEM char *text = NULL;
    size_t n;
    assert_int_equal(az_file_read(in_folder("stream"), 1 << 20, &text, &n, &err), 0);
    assert_int_equal(n, 200004);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    struct az_error err = {0};
    struct az_out *none = NULL;
    assert_int_equal(az_out_open(in_folder("no/such"), AZ_OUT_ATOMIC, &none, &err), AZ_EOUTPUT);
    assert_non_null(strstr(err.what, strerror(ENOENT)));
    assert_int_equal(az_out_open(folder, AZ_OUT_ATOMIC, &none, &err), AZ_EOUTPUT);
    assert_non_null(strstr(err.what, strerror(EISDIR)));
    assert_null(none);

    AZ_AUTO(out) full = NULL; /* a device is streamed, never renamed over */
    assert_int_equal(az_out_open("/dev/full", AZ_OUT_ATOMIC, &full, &err), 0);
    assert_int_equal(az_out_write(full, AZ_STR("x"), &err), 0);
    assert_int_equal(az_out_commit(full, &err), AZ_EOUTPUT);
    assert_non_null(strstr(err.what, "cannot write '/dev/full'"));
    assert_true(*err.hint);
    assert_int_equal(az_out_write(full, AZ_STR("x"), &err), AZ_EOUTPUT);
    struct stat st;
    assert_int_equal(stat("/dev/full", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void a_pipe_whose_reader_has_gone(void **state)
{
    (void)state;
    AZ_AUTO(out) o = NULL;
    struct az_error err = {0};
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    int reader = open(in_folder("fifo"), O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(az_out_open(in_folder("fifo"), AZ_OUT_ATOMIC, &o, &err), 0);
    assert_int_equal(az_out_write(o, AZ_STR("x"), &err), 0);
    assert_int_equal(az_out_flush(o, &err), 0);
    close(reader);
    assert_int_equal(az_out_write(o, AZ_STR("y"), &err), 0);
    assert_int_equal(az_out_flush(o, &err), AZ_EOUTPUT);
    assert_non_null(strstr(err.what, "its reader has gone"));
}

static void lines_without_memory(void **state)
{
    (void)state;
    AZ_AUTO_BUF file = az_buf(1 << 20);
    for (int i = 0; i < 300000; i++)
        az_buf_char(&file, 'x');
    put_file(in_folder("in"), az_buf_view(&file));
    int r = AZ_ENOMEM, failures = 0;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(lines) l = NULL;
        struct az_line line;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_lines_open(in_folder("in"), &l, &err);
        if (r == 0)
            r = az_lines_next(l, &line, &err);
        assert_true(r > 0 || *err.what);
        failures += r < 0;
    }
    az_fault_alloc(0);
    assert_int_equal(r, AZ_LINE_HERE);
    assert_true(failures >= 4);
}

static int make_folder(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return mkdtemp(folder) ? 0 : -1;
}

/* Fails when something else is left, such as a temporary file. */
static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"in",    "long", "loop",   "empty", "cut",    "bad",
                                        "whole", "out",  "target", "link",  "stream", "fifo"};
    for (size_t i = 0; i < AZ_LEN(names); i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_table),
        cmocka_unit_test(raw_bytes_add_up),
        cmocka_unit_test(lines_that_are_too_long),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(broken_inside),
        cmocka_unit_test(a_pipe_without_waiting),
        cmocka_unit_test(a_compressed_pipe_in_pieces),
        cmocka_unit_test(whole_files),
        cmocka_unit_test(a_new_file_replaces_nothing),
        cmocka_unit_test(an_atomic_file_appears_at_commit),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(a_stream_shows_as_it_comes),
        cmocka_unit_test(what_cannot_be_written),
        cmocka_unit_test(a_pipe_whose_reader_has_gone),
        cmocka_unit_test(lines_without_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
