/* core/panel_urls.c: a backend's urls: checked, host lists expanded, or the
 * provider's own. */
#include "core/hostlist.h"
#include "core/panel_parts.h"

/* Where a kind's provider is when no url is given. */
static const struct provider {
    const char *url, *url_env;
    const char *key; /* its environment variable is behind "env:" */
    const char *path;
} providers[] = {
    [AZ_KIND_OPENAI] = {"https://api.openai.com/v1", "OPENAI_BASE_URL", "env:OPENAI_API_KEY",
                        "/chat/completions"},
    [AZ_KIND_ANTHROPIC] = {"https://api.anthropic.com", "ANTHROPIC_BASE_URL",
                           "env:ANTHROPIC_API_KEY", "/v1/messages"},
};

static const char *env(const struct az_panel_draft *d, const char *name)
{
    const char *value = d->source->env ? d->source->env(d->source->arg, name) : NULL;
    return value && *value ? value : NULL;
}

/* What is wrong with this url, or NULL. No message shows a url: it may come
 * from the environment, with a password in it. */
static const char *url_fault(struct az_str url)
{
    size_t scheme = az_str_starts(url, "https://") ? 8 : az_str_starts(url, "http://") ? 7 : 0;
    if (!scheme)
        return "does not begin with http:// or https://";
    for (size_t i = 0; i < url.n; i++) {
        if ((unsigned char)url.p[i] <= 0x20 || (unsigned char)url.p[i] >= 0x7f)
            return "has white space or a character that is not ASCII in it";
    }
    if (memchr(url.p, '?', url.n) || memchr(url.p, '#', url.n))
        return "has a '?' or '#': a path is appended to it";
    struct az_str host = {url.p + scheme, url.n - scheme};
    const char *slash = memchr(host.p, '/', host.n);
    host.n = slash ? (size_t)(slash - host.p) : host.n;
    if (!host.n)
        return "names no host";
    if (memchr(host.p, '@', host.n))
        return "holds a user or password";
    return NULL;
}

static int check_url(const struct az_yaml *at, enum az_backend_kind_id kind, struct az_str url,
                     struct az_error *err)
{
    const char *fault = url_fault(url);
    if (fault) {
        az_yaml_fail(err, at, "a url that %s", fault);
        az_hint(err, "Write the base that '%s' is appended to, as %s.", providers[kind].path,
                providers[kind].url);
        return AZ_EINVAL;
    }
    const char *tail = providers[kind].path;
    if (kind == AZ_KIND_ANTHROPIC && az_str_ends(url, "/v1"))
        tail = "/v1";
    if (az_str_ends(url, tail)) {
        az_yaml_fail(err, at, "a url that already ends in '%s'", tail);
        az_hint(err, "Write the base only, as %s.", providers[kind].url);
        return AZ_EINVAL;
    }
    return 0;
}

static struct az_str without_slashes(struct az_str url)
{
    while (az_str_ends(url, "/"))
        url.n--;
    return url;
}

/* Append the urls that one text stands for. */
static int add_urls(struct az_panel_draft *d, struct az_backend *b, enum az_backend_kind_id kind,
                    const struct az_yaml *y, struct az_error *err)
{
    const char **names;
    size_t n;
    struct az_error why = {0};
    struct az_str text = without_slashes(az_yaml_is_scalar(y) ? y->text : AZ_STR(""));
    int r = check_url(y, kind, text, err);
    if (r < 0)
        return r;
    r = az_hostlist_expand(d->panel->arena, text, AZ_URLS_MAX, &names, &n, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0) {
        az_yaml_fail(err, y, "url: %s", y->hidden ? "a bad host list" : why.what);
        az_hint(err, "Write a host list like http://gpu[01-08]:8000/v1, at most %d urls.",
                (int)AZ_URLS_MAX);
        return AZ_EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        if (b->n_urls == AZ_URLS_MAX)
            return az_yaml_fail(err, y, "more than %d urls", (int)AZ_URLS_MAX);
        b->urls[b->n_urls++] = names[i];
    }
    return 0;
}

static int urls_new(struct az_panel_draft *d, struct az_backend *b, struct az_error *err)
{
    b->urls = az_arena_zalloc(d->panel->arena, AZ_URLS_MAX * sizeof(*b->urls));
    return b->urls ? 0 : az_oom(err);
}

int az_panel_urls(struct az_panel_draft *d, struct az_backend_draft *draft, struct az_error *err)
{
    const struct az_yaml *y = draft->url;
    int r = urls_new(d, &draft->backend, err);
    if (r < 0 || y->type != AZ_Y_LIST)
        return r < 0 ? r : add_urls(d, &draft->backend, draft->kind, y, err);
    if (!y->n)
        return az_yaml_fail(err, y, "'url' is an empty list");
    for (const struct az_yaml *c = y->first; r == 0 && c; c = c->next)
        r = add_urls(d, &draft->backend, draft->kind, c, err);
    return r;
}

/* The provider's own address and key, as its tools read them. A server that
 * OPENAI_BASE_URL names needs no key unless there is one. */
int az_panel_provider(struct az_panel_draft *d, struct az_backend *b, enum az_backend_kind_id kind,
                      const struct az_yaml *at, struct az_error *err)
{
    const struct provider *p = &providers[kind];
    const char *base = env(d, p->url_env);
    struct az_yaml y = *at;
    y.type = AZ_Y_TEXT;
    y.text = az_str(base ? base : p->url);
    y.hidden = base;
    if (base && (url_fault(y.text) || !az_utf8_valid(y.text, NULL))) {
        az_yaml_fail(err, at, "environment variable %s is no url", p->url_env);
        az_hint(err, "Set it to a url like %s.", p->url);
        return AZ_EINVAL;
    }
    int r = urls_new(d, b, err);
    if (r == 0)
        r = add_urls(d, b, kind, &y, err);
    if (r == 0 && !b->key && (!base || env(d, p->key + strlen("env:"))))
        b->key = p->key;
    return r;
}
