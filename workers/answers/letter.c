#include "workers/answers/answers.h"

/* One pair of brackets or stars around all of it. */
static struct az_str unwrap(struct az_str s)
{
    static const char *const pairs[][2] = {{"[[", "]]"}, {"**", "**"}, {"(", ")"}, {"[", "]"}};
    for (size_t i = 0; i < AZ_LEN(pairs); i++) {
        size_t n = strlen(pairs[i][0]);
        if (s.n > 2 * n && az_str_starts(s, pairs[i][0]) && az_str_ends(s, pairs[i][1]))
            return (struct az_str){s.p + n, s.n - 2 * n};
    }
    return s;
}

/* "A", "A.", "(A)", "[[A]]", "**A**", "**A.**" */
int az_answer_letter(struct az_reading *r)
{
    struct az_str s = r->text;
    for (int i = 0; i < 2; i++) {
        if (az_str_ends(s, "."))
            s.n--;
        s = unwrap(s);
    }
    if (az_reading_is_score(r)) {
        /* "1" that was cut may have been going to be "10". */
        if (r->reply->cut)
            return az_reading_fail(r, AZ_BE_LENGTH, "the number may be cut off");
        return az_reading_number(r, s);
    }
    if (az_reading_find(r, s) != AZ_LABEL_NONE || s.n == 1)
        return az_reading_label(r, s);
    return az_reading_fail(r, AZ_BE_PARSE, "the answer is not one letter alone");
}
