#include "client/cli/io_connect.h"

#include "core/mem.h"

int az_connect_config(const struct az_connect *o, struct az_client_config *ret,
                      struct az_error *err)
{
    const char *to = o->to ? o->to : getenv("ASSIZE_ENDPOINT");
    if (!to || !*to) {
        az_fail(err, AZ_EUSAGE, "no coordinator is named");
        az_hint(err, "Add --to tcp://HOST:PORT, or set ASSIZE_ENDPOINT.");
        return AZ_EUSAGE;
    }
    const char *keys = o->keys ? o->keys : getenv("ASSIZE_KEYS");
    *ret = (struct az_client_config){
        .endpoint = to, .keys = keys && *keys ? keys : NULL, .insecure = o->insecure};
    return 0;
}

int az_connect_open(const struct az_connect *o, struct az_client **ret, struct az_error *err)
{
    struct az_client_config config;
    int r = az_connect_config(o, &config, err);
    return r < 0 ? r : az_client_open(&config, ret, err);
}

int az_job_id(const char *text, uint64_t *ret, struct az_error *err)
{
    int64_t id;
    if (!az_str_int(az_str(text), &id) || id < 1) {
        az_fail(err, AZ_EUSAGE, "'%s' is no job's number", text);
        az_hint(err, "'assize jobs' lists them.");
        return AZ_EUSAGE;
    }
    *ret = (uint64_t)id;
    return 0;
}

int az_connect_status(struct az_client *c, uint64_t job, const Assize__JobInfo **ret,
                      struct az_error *err)
{
    Assize__Status m = ASSIZE__STATUS__INIT;
    m.request = az_client_request(c);
    m.job = job;
    struct az_msg msg = {.kind = AZ_MSG_STATUS, .status = &m}, reply;
    int r = az_client_call(c, &msg, m.request, AZ_MSG_STATUS_REPLY, &reply, err);
    if (r == 0)
        *ret = reply.status_reply->info;
    return r;
}
