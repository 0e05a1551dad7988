/* bench_latency ENDPOINT KEYS|- PANEL ITEM N: N jobs of one item each, one after
 * the other in one session; prints for each the milliseconds from its submission to
 * its verdict. ITEM is a file whose first line is sent. */
#include <time.h>
#include <unistd.h>

#include "client/lib/io_client.h"
#include "client/lib/parcel.h"
#include "core/io_clock.h"
#include "core/io_file.h"
#include "core/mem.h"

enum { FILE_MAX = 1 << 20, PATIENCE_MS = 60000 };

static struct az_error err;

static void check(int r)
{
    if (r >= 0)
        return;
    fprintf(stderr, "bench_latency: %s\n", err.what);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint64_t submit(struct az_client *c, char *yaml, int n)
{
    char key[64];
    int length = snprintf(key, sizeof(key), "latency-%d-%lld-%d", (int)getpid(),
                          (long long)az_clock_wall_ms(), n);
    Assize__Submit m = ASSIZE__SUBMIT__INIT;
    struct az_msg reply, msg = {.kind = AZ_MSG_SUBMIT, .submit = &m};
    m.request = az_client_request(c);
    m.key = (ProtobufCBinaryData){(size_t)length, (uint8_t *)key};
    m.yaml = yaml;
    m.name = (char *)"latency";
    check(az_client_call(c, &msg, m.request, AZ_MSG_SUBMITTED, &reply, &err));
    return reply.submitted->job;
}

static void send_item(struct az_client *c, uint64_t job, struct az_str line)
{
    AZ_AUTO(parcel) p = az_parcel_new(0, 0);
    if (!p)
        check(az_oom(&err));
    check(az_parcel_add(p, FILE_MAX, 1, line, (struct az_str){0}));
    p->msg.job = job;
    p->msg.last = true;
    struct az_msg msg = {.kind = AZ_MSG_CHUNK, .chunk = &p->msg};
    check(az_client_send(c, &msg, &err));
}

static void wait_for_verdict(struct az_client *c, uint64_t job)
{
    Assize__Results m = ASSIZE__RESULTS__INIT;
    struct az_msg msg = {.kind = AZ_MSG_RESULTS, .results = &m};
    m.request = az_client_request(c);
    m.job = job;
    m.follow = true;
    m.credit = FILE_MAX;
    check(az_client_send(c, &msg, &err));
    for (;;) {
        check(az_client_receive(c, az_clock_ms() + PATIENCE_MS, &msg, &err));
        if (msg.kind == AZ_MSG_FAILED)
            check(az_client_failed(&msg, &err));
        if (msg.kind == AZ_MSG_VERDICTS && msg.verdicts->request == m.request &&
            msg.verdicts->n_lines)
            return;
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: bench_latency ENDPOINT KEYS|- PANEL ITEM N\n");
        return 64;
    }
    struct az_client_config config = {.endpoint = argv[1],
                                      .name = "bench_latency",
                                      .keys = strcmp(argv[2], "-") != 0 ? argv[2] : NULL};
    AZ_AUTO_MEM char *yaml = NULL;
    AZ_AUTO_MEM char *items = NULL;
    AZ_AUTO(client) c = NULL;
    check(az_file_read(argv[3], FILE_MAX, &yaml, NULL, &err));
    check(az_file_read(argv[4], FILE_MAX, &items, NULL, &err));
    check(az_client_open(&config, &c, &err));
    struct az_str line = {items, strcspn(items, "\n")};
    long jobs = strtol(argv[5], NULL, 10);
    for (int n = 0; n < jobs; n++) {
        double start = now_ms();
        uint64_t job = submit(c, yaml, n);
        send_item(c, job, line);
        wait_for_verdict(c, job);
        printf("%.3f\n", now_ms() - start);
    }
    return 0;
}
