#include "client/cli/io_keyboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum { ESCAPE = 27, ESCAPE_MS = 20 };

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static struct termios before; /* for the handler */

/* As it was, and then the signal as if nobody had minded it. */
static void restore(int signo)
{
    tcsetattr(0, TCSANOW, &before);
    signal(signo, SIG_DFL);
    raise(signo);
}

void az_keyboard_open(struct az_keyboard *k)
{
    struct termios raw;
    *k = (struct az_keyboard){0};
    if (tcgetattr(0, &before) < 0)
        return;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    for (size_t i = 0; i < AZ_LEN(deadly); i++)
        signal(deadly[i], restore);
    k->terminal = tcsetattr(0, TCSANOW, &raw) == 0;
}

void az_keyboard_close(struct az_keyboard *k)
{
    if (!k->terminal)
        return;
    tcsetattr(0, TCSANOW, &before);
    for (size_t i = 0; i < AZ_LEN(deadly); i++)
        signal(deadly[i], SIG_DFL);
    k->terminal = false;
}

static int next_byte(void)
{
    unsigned char c;
    ssize_t n;
    do
        n = read(0, &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? c : -1;
}

/* What follows an escape at once belongs to it. */
static void skip_sequence(void)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    while (poll(&p, 1, ESCAPE_MS) == 1 && next_byte() >= 0)
        ;
}

int az_keyboard_next(struct az_keyboard *k)
{
    int c = next_byte();
    while (!k->terminal && (c == '\n' || c == '\r'))
        c = next_byte();
    if (k->terminal && c == ESCAPE)
        skip_sequence();
    return c;
}
