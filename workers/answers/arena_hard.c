/* Arena-Hard's grades, the last one: [[A>>B]] [[A>B]] [[A=B]] [[B>A]] [[B>>A]];
 * how much better is not kept. */
#include "workers/answers/answers.h"

static const struct {
    const char *grade;
    int place;
} grades[] = {
    {"A>>B", AZ_LABEL_A}, {"A>B", AZ_LABEL_A},  {"A=B", AZ_LABEL_TIE},
    {"B>A", AZ_LABEL_B},  {"B>>A", AZ_LABEL_B},
};

static int place_of(struct az_str inside)
{
    for (size_t i = 0; i < AZ_LEN(grades); i++) {
        if (az_str_eqz(inside, grades[i].grade))
            return grades[i].place;
    }
    return AZ_LABEL_NONE;
}

static bool is_grade(struct az_str inside)
{
    return place_of(inside) != AZ_LABEL_NONE;
}

int az_answer_arena_hard(struct az_reading *r)
{
    if (r->ask->panel->question.kind != AZ_PAIR)
        return az_reading_fail(r, AZ_BE_UNFIT, "arena_hard is for pairs");
    struct az_str grade = az_last_brackets(r->text, is_grade);
    if (!grade.p)
        return az_reading_fail(r, AZ_BE_PARSE, "there is no [[A>>B]], [[A>B]] … in the answer");
    /* Where ties are off, a tie stays one: half a share for each. */
    return az_reading_place(r, place_of(grade));
}
