#include "core/endpoint.h"

#include <string.h>

/* Four numbers, of which the first is 127: "127.0.0.1.example.org" is a name. */
static bool loopback4(struct az_str host)
{
    int dots = 0, digits = 0;
    for (size_t i = 0; i < host.n; i++) {
        bool dot = host.p[i] == '.';
        if (dot ? !digits : host.p[i] < '0' || host.p[i] > '9' || digits == 3)
            return false;
        dots += dot;
        digits = dot ? 0 : digits + 1;
    }
    return dots == 3 && digits && az_str_starts(host, "127.");
}

static bool is_port(struct az_str port)
{
    int64_t n;
    if (az_str_eqz(port, "*")) /* any that is free */
        return true;
    return az_str_int(port, &n) && n > 0 && n <= 65535;
}

static int parse_tcp(const char *text, struct az_str rest, struct az_endpoint *e,
                     struct az_error *err)
{
    ptrdiff_t colon = az_str_rfind(rest, AZ_STR(":"));
    if (colon <= 0 || memchr(rest.p, ';', rest.n) || memchr(rest.p, '/', rest.n) ||
        !is_port((struct az_str){rest.p + colon + 1, rest.n - (size_t)colon - 1}))
        return az_fail(err, AZ_EINVAL, "endpoint '%s' is not tcp://HOST:PORT", text);
    struct az_str host = {rest.p, (size_t)colon};
    if (host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct az_str){host.p + 1, host.n - 2};
    e->where = host;
    e->ipv6 = memchr(host.p, ':', host.n);
    e->loopback = az_str_eqz(host, "localhost") || az_str_eqz(host, "::1") || loopback4(host);
    return 0;
}

int az_endpoint_parse(const char *text, struct az_endpoint *ret, struct az_error *err)
{
    struct az_str s = az_str(text);
    struct az_endpoint e = {.loopback = true};
    int r = 0;
    if (az_str_starts(s, "inproc://")) {
        e.transport = AZ_INPROC;
        e.where = az_str(text + strlen("inproc://"));
    } else if (az_str_starts(s, "ipc://")) {
        e.transport = AZ_IPC;
        e.where = az_str(text + strlen("ipc://"));
    } else if (az_str_starts(s, "tcp://")) {
        e.transport = AZ_TCP;
        r = parse_tcp(text, az_str(text + strlen("tcp://")), &e, err);
    } else {
        az_fail(err, AZ_EINVAL, "'%s' is no endpoint", text);
        az_hint(err, "Endpoints are tcp://HOST:PORT and ipc:///PATH.");
        return AZ_EINVAL;
    }
    if (r < 0)
        return r;
    if (!e.where.n)
        return az_fail(err, AZ_EINVAL, "endpoint '%s' has no name", text);
    /* Sockets without a file have no owner and no mode. */
    if (e.transport == AZ_IPC && (*e.where.p == '@' || *e.where.p == '*'))
        return az_fail(err, AZ_EINVAL, "endpoint '%s' is not the path of a file", text);
    *ret = e;
    return 0;
}
