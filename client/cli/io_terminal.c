#include "client/cli/io_terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "core/io_file.h"

enum { NARROWEST = 20 };

size_t az_terminal_columns(int fd, size_t otherwise)
{
    struct winsize w;
    bool known = ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= NARROWEST;
    return known ? w.ws_col : otherwise;
}

bool az_terminal_color(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

int az_print(const struct az_buf *b)
{
    struct az_error err = {0};
    AZ_AUTO(out) out = NULL;
    int r = az_buf_check(b, &err);
    if (r == 0)
        r = az_out_open("-", AZ_OUT_ATOMIC, &out, &err);
    if (r == 0)
        r = az_out_write(out, az_buf_view(b), &err);
    if (r == 0)
        r = az_out_commit(out, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}
