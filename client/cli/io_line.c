#include "client/cli/io_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/io_clock.h"

enum { PLAIN_MS = 10000 };

void az_live_line_init(struct az_live_line *l, int fd)
{
    const char *term = getenv("TERM");
    *l = (struct az_live_line){.fd = fd, .begun = az_clock_ms()};
    l->terminal = isatty(fd) && term && strcmp(term, "dumb");
    l->next_plain = l->begun + PLAIN_MS;
}

static size_t columns(int fd)
{
    struct winsize w;
    return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 10 ? w.ws_col - 1 : 79;
}

static void put(int fd, struct az_buf *b)
{
    struct az_str s = az_buf_view(b);
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n <= 0)
            return; /* nobody reads: the work goes on */
        s = (struct az_str){s.p + n, s.n - (size_t)n};
    }
}

bool az_live_line_due(const struct az_live_line *l, bool last)
{
    az_ms now = az_clock_ms();
    return l->terminal || (last ? now >= l->begun + PLAIN_MS : now >= l->next_plain);
}

void az_live_line_show(struct az_live_line *l, const struct az_progress *p, bool last)
{
    AZ_AUTO_BUF b = az_buf(1 << 16);
    if (l->terminal) {
        az_buf_z(&b, "\r\033[K");
        az_progress_line(&b, p, columns(l->fd));
        l->drawn = true;
    } else if (az_live_line_due(l, last)) {
        az_progress_plain(&b, p);
        az_buf_char(&b, '\n');
        l->next_plain = az_clock_ms() + PLAIN_MS;
    }
    put(l->fd, &b);
}

void az_live_line_end(struct az_live_line *l)
{
    AZ_AUTO_BUF b = az_buf(16);
    if (l->drawn)
        az_buf_char(&b, '\n');
    l->drawn = false;
    put(l->fd, &b);
}
