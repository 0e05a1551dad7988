/* The judge's own POSIX extended regular expression: the last match's group 1
 * is a label or a number. ^ and $ are the ends of lines, . is not a newline. */
#include <regex.h>

#include "workers/answers/answers.h"

static struct az_str slice(struct az_str text, regmatch_t m)
{
    return m.rm_so < 0 ? (struct az_str){NULL, 0}
                       : (struct az_str){text.p + m.rm_so, (size_t)(m.rm_eo - m.rm_so)};
}

/* The last of the matches that do not overlap, from the left. */
static struct az_str last_match(const regex_t *re, struct az_str text, bool *at_end)
{
    struct az_str found = {NULL, 0};
    size_t group = re->re_nsub ? 1 : 0;
    *at_end = false;
    for (size_t from = 0; from <= text.n;) {
        regmatch_t m[2] = {{.rm_so = (regoff_t)from, .rm_eo = (regoff_t)text.n}};
        if (regexec(re, text.p, 2, m, REG_STARTEND) != 0)
            break;
        found = slice(text, m[group]);
        *at_end = (size_t)m[0].rm_eo == text.n;
        from = (size_t)m[0].rm_eo + (m[0].rm_eo == m[0].rm_so);
    }
    return found;
}

int az_answer_regex(struct az_reading *r)
{
    regex_t re;
    bool at_end;
    int e = regcomp(&re, r->ask->judge->regex, REG_EXTENDED | REG_NEWLINE);
    if (e == REG_ESPACE)
        return AZ_ENOMEM;
    if (e)
        return az_reading_fail(r, AZ_BE_INTERNAL, "regex '%s' does not compile",
                               r->ask->judge->regex);
    struct az_str found = last_match(&re, r->text, &at_end);
    regfree(&re);

    /* A match that ends where the text was cut may be half of one. */
    if (!found.p || (at_end && r->reply->cut))
        return az_reading_fail(r, AZ_BE_PARSE, "the answer is not in the form asked for");
    return az_reading_is_score(r) ? az_reading_number(r, found) : az_reading_label(r, found);
}
