/* assize keygen DIR: a pair of keys, and the line that lets them in. */
#include "client/cli/command.h"
#include "client/cli/io_terminal.h"
#include "coordinator/acl.h"
#include "core/io_keys.h"

struct options {
    const char *name, *roles;
    bool server;
};

#define AT(field) offsetof(struct options, field)
static const struct az_opt table[] = {
    {"name", 0, AZ_OPT_STRING, AT(name), "NAME",
     "whose keys these are, and what the files are called (client, or server)", 0},
    {"roles", 0, AZ_OPT_STRING, AT(roles), "ROLES",
     "for the line: of submit, read, work, admin (submit)", 0},
    {"server", 0, AZ_OPT_FLAG, AT(server), NULL, "a coordinator's own keys: nobody lists them", 0},
    {0},
};

static int check(struct options *o, size_t n, struct az_error *err)
{
    unsigned roles;
    if (n != 1) {
        az_fail(err, AZ_EUSAGE, "no folder for the keys");
        az_hint(err, "assize keygen DIR --name NAME");
        return AZ_EUSAGE;
    }
    if (o->server && o->roles)
        return az_fail(err, AZ_EUSAGE, "--server keys have no roles");
    if (!o->name)
        o->name = o->server ? "server" : "client";
    if (!o->roles)
        o->roles = "submit";
    if (!az_acl_is_principal(az_str(o->name)))
        return az_fail(err, AZ_EUSAGE,
                       "a name is 1 to %d of letters, digits and . _ @ -, the first a letter or "
                       "digit",
                       AZ_PRINCIPAL_MAX);
    return az_roles_parse(az_str(o->roles), &roles, err) < 0 ? AZ_EUSAGE : 0;
}

/* What the other end needs to know: on stdout, so that it can be appended there. */
static int tell(const struct options *o, const char *dir, const char *public_key)
{
    AZ_AUTO_BUF b = az_buf(4096);
    az_say("wrote %s/%s.secret, which nobody else may see, and %s/%s.public", dir, o->name, dir,
           o->name);
    if (o->server)
        return 0;
    az_buf_fmt(&b, "%s %s %s\n", o->name, public_key, o->roles);
    return az_print(&b);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    struct az_keypair keys = {0};
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0)
        r = check(&o, n, &err);
    if (r == AZ_EUSAGE)
        return az_report(&err, AZ_EXIT_USAGE);
    if (r == 0)
        r = az_keypair_make(&keys, &err);
    if (r == 0)
        r = az_keypair_write(&keys, args[0], o.name, &err);
    int code = r < 0 ? az_report(&err, r == AZ_EEXIST ? AZ_EXIT_OUTPUT : az_exit_of(&err))
                     : tell(&o, args[0], keys.public_key);
    az_keypair_wipe(&keys);
    return code;
}

const struct az_command az_cmd_keygen = {
    .name = "keygen",
    .args = "DIR",
    .summary = "a pair of keys for a client, a worker or a coordinator",
    .more = "DIR/NAME.secret is for whoever the keys are of, and for nobody else. Append the\n"
            "line on stdout to the coordinator's list of principals, which is read again on\n"
            "SIGHUP. Keys that are there are never overwritten.",
    .options = table,
    .run = run,
};
