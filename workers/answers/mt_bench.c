/* MT-Bench's verdicts, the last one: [[A]], [[B]], [[C]] for a tie; [[7]] for a
 * score; [[A]] to [[Z]] for the best of several. */
#include "workers/answers/answers.h"

static bool is_letter(struct az_str inside)
{
    return inside.n == 1 && inside.p[0] >= 'A' && inside.p[0] <= 'Z';
}

static bool is_number(struct az_str inside)
{
    double v;
    return az_str_double(inside, &v);
}

int az_answer_mt_bench(struct az_reading *r)
{
    bool score = az_reading_is_score(r);
    struct az_str verdict = az_last_brackets(r->text, score ? is_number : is_letter);
    if (!verdict.p)
        return az_reading_fail(r, AZ_BE_PARSE, "there is no %s in the answer",
                               score ? "[[rating]]" : "[[A]], [[B]] …");
    if (score)
        return az_reading_number(r, verdict);
    /* A tie where ties are off stays one: half a share for each. */
    if (r->ask->panel->question.kind == AZ_PAIR && verdict.p[0] == 'C')
        return az_reading_place(r, AZ_LABEL_TIE);
    return az_reading_label(r, verdict);
}
