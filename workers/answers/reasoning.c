#include "workers/answers/reasoning.h"

#define OPEN "<think>"
#define CLOSE "</think>"

static struct az_str without_open(struct az_str s)
{
    struct az_str t = az_str_trim(s);
    size_t n = strlen(OPEN);
    return az_str_starts(t, OPEN) ? (struct az_str){t.p + n, t.n - n} : t;
}

bool az_reasoning_split(struct az_str content, struct az_str *reasoning, struct az_str *answer)
{
    struct az_str t = az_str_trim(content);
    *reasoning = (struct az_str){NULL, 0};
    *answer = content;
    if (!content.n) /* perhaps no text at all: nothing to point into */
        return false;
    if (az_str_starts(t, "{") && az_str_ends(t, "}"))
        return false;

    ptrdiff_t close = az_str_rfind(content, AZ_STR(CLOSE));
    size_t after = close < 0 ? 0 : (size_t)close + strlen(CLOSE);
    struct az_str rest = {content.p + after, content.n - after};
    if (az_str_starts(az_str_trim(rest), OPEN)) { /* opened (again), never closed */
        *reasoning = az_str_trim(without_open(content));
        *answer = (struct az_str){rest.p + rest.n, 0};
        return true;
    }
    if (close < 0)
        return false;
    *reasoning = az_str_trim(without_open((struct az_str){content.p, (size_t)close}));
    *answer = rest;
    return false;
}
