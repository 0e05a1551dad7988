/* Where log lines go: the journal, or stderr. */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/log.h"

/* systemd.io/JOURNAL_NATIVE_PROTOCOL: a datagram of FIELD=value lines. */
static const struct sockaddr_un journal = {AF_UNIX, "/run/systemd/journal/socket"};

static struct {
    pthread_mutex_t lock; /* a line is not mixed with another */
    const char *program;  /* NULL: nothing is written */
    enum az_log_level level;
    enum az_log_form form;
    int journal; /* a socket that leads there; -1 = none */
} out = {.lock = PTHREAD_MUTEX_INITIALIZER, .journal = -1};

/* "DEVICE:INODE" of the journal's end of stderr; another where stderr was sent
 * elsewhere since. */
static bool leads_to_journal(void)
{
    const char *said = getenv("JOURNAL_STREAM");
    struct stat st;
    char here[64];
    if (!said || fstat(STDERR_FILENO, &st) < 0)
        return false;
    snprintf(here, sizeof(here), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    return !strcmp(said, here);
}

/* What systemd runs has a number of its own, also where its stderr is no journal. */
static enum az_log_form form_of_stderr(void)
{
    if (isatty(STDERR_FILENO))
        return AZ_LOG_PEOPLE;
    return getenv("JOURNAL_STREAM") || getenv("INVOCATION_ID") ? AZ_LOG_MANAGER : AZ_LOG_FILE;
}

void az_log_open(const char *program, enum az_log_level level)
{
    pthread_mutex_lock(&out.lock);
    out.program = program;
    out.level = level;
    out.form = form_of_stderr();
    if (out.journal < 0 && leads_to_journal())
        out.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pthread_mutex_unlock(&out.lock);
}

/* False: it is not there, or the line is more than a datagram takes. */
static bool put_journal(const struct az_buf *b)
{
    ssize_t n = b->failed ? -1
                          : sendto(out.journal, b->p, b->n, MSG_NOSIGNAL,
                                   (const struct sockaddr *)&journal, sizeof(journal));
    return n >= 0;
}

/* What can't be written is not written: a log must not stop what it tells of. */
static void put_stderr(const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(STDERR_FILENO, p, n);
        if (done < 0 && errno != EINTR)
            return;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

static void put(enum az_log_level level, const char *sentence, const struct az_kv *kv)
{
    AZ_AUTO_BUF b = az_buf((size_t)AZ_LOG_LINE_MAX * 2);
    if (out.journal >= 0) {
        az_log_fields(&b, out.program, level, sentence, kv);
        if (put_journal(&b))
            return;
        az_buf_clear(&b);
    }
    az_log_line(&b, out.form, out.program, az_clock_wall_ms(), level, sentence, kv);
    if (b.failed) { /* no memory: the sentence at least */
        put_stderr(sentence, strlen(sentence));
        put_stderr("\n", 1);
        return;
    }
    put_stderr(b.p, b.n);
}

void az_log_put(enum az_log_level level, const char *sentence, const struct az_kv *kv)
{
    int saved = errno; /* callers log first and look at errno then */
    pthread_mutex_lock(&out.lock);
    if (out.program && level <= out.level)
        put(level, sentence, kv);
    pthread_mutex_unlock(&out.lock);
    errno = saved;
}
