/* Directories of jobs. What is here may wait for a disk. */
#include "coordinator/io_service_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/job_panel.h"
#include "core/io_disk.h"
#include "core/io_file.h"
#include "core/log.h"
#include "core/mem.h"

enum { PANEL_MAX = 64 << 20, SETS_MAX = 64, OPEN_FILES = 16 };

/* ---- the state directory ---- */

static int lock_file(const char *path, int *fd, struct az_error *err)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return az_fail(err, AZ_EOUTPUT, "cannot open '%s': %s", path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return az_fail(err, AZ_EOUTPUT, "cannot lock '%s': %s", path, strerror(errno));
    az_fail(err, AZ_EBUSY, "another coordinator has '%s'", path);
    az_hint(err, "A state directory serves one coordinator at a time.");
    return AZ_EBUSY;
}

int disk_lock(const char *dir, int *fd, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/jobs", dir);
    int r = az_buf_check(&path, err);
    if (r < 0)
        return r;
    if (az_disk_make_dirs(path.p, 0700) < 0)
        return errno == ENOMEM
                   ? az_oom(err)
                   : az_fail(err, AZ_EOUTPUT, "cannot make '%s': %s", path.p, strerror(errno));
    if (az_disk_is_network(dir)) {
        az_fail(err, AZ_EINVAL, "state directory '%s' is on a network file system", dir);
        az_hint(err, "There a job could not be read while it runs: put it on a local disk.");
        return AZ_EINVAL;
    }
    az_buf_clear(&path);
    az_buf_fmt(&path, "%s/lock", dir);
    r = az_buf_check(&path, err);
    return r < 0 ? r : lock_file(path.p, fd, err);
}

/* ---- one job ---- */

char *disk_job_dir(const struct az_service *s, int64_t id)
{
    size_t n = strlen(s->jobs_dir) + 24;
    char *dir = az_alloc(n);
    if (dir)
        snprintf(dir, n, "%s/%lld", s->jobs_dir, (long long)id);
    return dir;
}

static int panel_path(struct az_buf *path, const char *dir, struct az_error *err)
{
    az_buf_fmt(path, "%s/panel.yaml", dir);
    return az_buf_check(path, err);
}

static int write_panel(const char *dir, struct az_str yaml, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    int r = panel_path(&path, dir, err);
    return r < 0 ? r : az_file_write(path.p, yaml, err);
}

/* What lies there is of a job whose number was never told. */
int disk_make_job(const char *dir, struct az_panel *panel, struct az_intake **ret,
                  struct az_error *err)
{
    AZ_AUTO_BUF yaml = az_buf(AZ_WIRE_PANEL_MAX);
    az_job_panel_print(&yaml, panel);
    int r = az_buf_check(&yaml, err);
    if (r < 0)
        az_wrap(err, "the panel");
    if (r == 0 && disk_remove_job(dir) < 0)
        r = az_fail(err, AZ_EOUTPUT, "cannot remove '%s': %s", dir, strerror(errno));
    if (r < 0) {
        az_panel_free(panel);
        return r;
    }
    AZ_AUTO(intake) in = NULL;
    r = az_intake_open(dir, panel, &in, err);
    if (r == 0)
        r = write_panel(dir, az_buf_view(&yaml), err);
    if (r == 0)
        *ret = AZ_TAKE(in);
    return r;
}

int disk_read_panel(const char *dir, const char *sets, struct az_panel **ret, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    AZ_AUTO_MEM char *yaml = NULL;
    AZ_AUTO_MEM char *lines = sets ? az_strdup(sets) : NULL;
    const char *v[SETS_MAX];
    if (sets && !lines)
        return az_oom(err);
    int r = panel_path(&path, dir, err);
    if (r == 0)
        r = az_file_read(path.p, PANEL_MAX, &yaml, NULL, err);
    if (r < 0)
        return r;
    size_t n = az_job_sets_split(lines, v, SETS_MAX);
    return az_job_panel_read_kept(yaml, path.p, v, n, ret, err);
}

int disk_read_totals(const char *dir, const struct az_panel *panel, struct az_store_totals *ret,
                     struct az_error *err)
{
    AZ_AUTO(store) store = NULL;
    AZ_AUTO(store_reader) reader = NULL;
    int r = az_store_open(dir, AZ_STORE_READ, panel, &store, err);
    if (r == 0)
        r = az_store_reader_open(store, &reader, err);
    return r < 0 ? r : az_store_totals(reader, ret, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

int disk_remove_job(const char *dir)
{
    int r = nftw(dir, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return r < 0 && errno != ENOENT ? -1 : 0;
}

/* Nothing comes in before its number is told: what has come in is somebody's, and
 * the catalog that does not know it is an older one, from a copy. */
static bool is_somebodys(const struct az_service *s, int64_t id, const char *dir)
{
    struct az_store_totals totals = {0};
    struct az_error err = {0};
    if (!az_catalog_is_new(s->catalog, id)) /* it was known, and pruned */
        return false;
    int r = disk_read_totals(dir, NULL, &totals, &err);
    return r < 0 ? r != AZ_ENOENT : totals.progress.chunks > 0;
}

static void stranger(struct az_service *s, int64_t id, int64_t *last)
{
    AZ_AUTO_MEM char *dir = disk_job_dir(s, id);
    if (!dir)
        return;
    if (is_somebodys(s, id, dir)) {
        az_warn("the catalog knows nothing of a job that is here, it is left alone", KV("job", id),
                KV("dir", dir));
        *last = AZ_MAX(*last, id);
    } else if (disk_remove_job(dir) == 0) {
        az_info("a job that was never told is removed", KV("job", id));
    }
}

void disk_remove_strangers(struct az_service *s)
{
    int64_t last = 0;
    DIR *d = opendir(s->jobs_dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        int64_t id;
        if (az_str_int(az_str(e->d_name), &id) && id > 0 && id < INT64_MAX && !service_job(s, id))
            stranger(s, id, &last);
    }
    if (d)
        closedir(d);
    az_catalog_skip(s->catalog, last);
}

/* ---- intakes: some stay open, for the next chunk ---- */

static void close_intake(struct job *job)
{
    struct az_error err = {0};
    if (az_intake_close(AZ_TAKE(job->intake), &err) < 0)
        az_warn("what was not acknowledged is lost, the client sends it again",
                KV("job", job->rec.id), KV("error", &err));
}

void disk_intake_drop(struct az_service *s, struct job *job)
{
    size_t at = 0;
    while (at < AZ_LEN(s->intakes) && s->intakes[at] != job)
        at++;
    if (at < AZ_LEN(s->intakes)) {
        memmove(s->intakes + at, s->intakes + at + 1,
                (AZ_LEN(s->intakes) - at - 1) * sizeof(*s->intakes));
        s->intakes[AZ_LEN(s->intakes) - 1] = NULL;
    }
    close_intake(job);
}

/* Newest first; the oldest makes room. */
static void to_front(struct az_service *s, struct job *job)
{
    struct job *moved = job;
    for (size_t i = 0; i < AZ_LEN(s->intakes); i++) {
        struct job *here = s->intakes[i];
        s->intakes[i] = moved;
        moved = here;
        if (!moved || moved == job)
            return;
    }
    close_intake(moved);
}

void disk_intake_keep(struct az_service *s, struct job *job, struct az_intake *in)
{
    job->intake = in;
    to_front(s, job);
}

int disk_intake(struct az_service *s, struct job *job, const char *dir, struct az_error *err)
{
    if (job->intake) {
        to_front(s, job);
        return 0;
    }
    AZ_AUTO(panel) panel = NULL;
    struct az_intake *in = NULL;
    int r = disk_read_panel(dir, NULL, &panel, err);
    if (r == 0)
        r = az_intake_open(dir, AZ_TAKE(panel), &in, err);
    if (r == 0)
        disk_intake_keep(s, job, in);
    return r;
}
