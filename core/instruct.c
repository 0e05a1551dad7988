#include "core/instruct.h"

#include "core/fence.h"
#include "core/json.h"
#include "core/number.h"

static const char letters[AZ_RESPONSES_MAX][2] = {"A", "B", "C", "D", "E", "F", "G", "H", "I",
                                                  "J", "K", "L", "M", "N", "O", "P", "Q", "R",
                                                  "S", "T", "U", "V", "W", "X", "Y", "Z"};

const char *az_answer_name(enum az_answer answer)
{
    static const char *const names[] = {"json",       "letter",   "logprobs",
                                        "arena_hard", "mt_bench", "regex"};
    return names[answer];
}

const char *az_instruct_ask(const struct az_question *q)
{
    static const char *const defaults[] = {
        [AZ_CHOICE] = "Which of the labels fits?",
        [AZ_SCORE] = "How good is it?",
        [AZ_PAIR] = "Which of the two responses is better?",
        [AZ_BEST] = "Which of the responses is the best?",
        [AZ_RANK] = "In which order, from best to worst, do the responses stand?",
    };
    return q->ask ? q->ask : defaults[q->kind];
}

static bool by_letter(enum az_answer answer)
{
    return answer == AZ_ANSWER_LETTER || answer == AZ_ANSWER_LOGPROBS ||
           answer == AZ_ANSWER_MT_BENCH;
}

const char *az_instruct_label(const struct az_question *q, enum az_answer answer, int shown)
{
    if (shown < 0)
        return "";
    if (q->kind == AZ_PAIR && answer == AZ_ANSWER_ARENA_HARD)
        return shown == AZ_LABEL_A ? "A>B" : shown == AZ_LABEL_B ? "B>A" : "A=B";
    if (by_letter(answer))
        return shown < AZ_RESPONSES_MAX ? letters[shown] : "";
    return az_label_name(q, shown);
}

static bool ties(const struct az_question *q)
{
    return q->n_labels > AZ_LABEL_TIE;
}

static void label_line(struct az_buf *b, const struct az_question *q, enum az_answer answer,
                       int label)
{
    static const char *const pair[] = {"response A is better", "response B is better",
                                       "neither is better"};
    const char *name = az_label_name(q, label);
    const char *meaning = q->kind == AZ_PAIR && label <= AZ_LABEL_TIE ? pair[label] : NULL;
    if (q->meanings && q->meanings[label])
        meaning = q->meanings[label];

    if (label)
        az_buf_char(b, '\n');
    az_buf_z(b, "- ");
    if (q->kind == AZ_CHOICE && by_letter(answer)) {
        az_buf_z(b, az_instruct_label(q, answer, label));
        az_buf_z(b, " = ");
    } else if (q->kind == AZ_PAIR) {
        name = az_instruct_label(q, answer, label);
    }
    az_buf_z(b, name);
    if (meaning && *meaning) {
        az_buf_z(b, ": ");
        az_buf_z(b, meaning);
    }
}

void az_instruct_labels(struct az_buf *b, const struct az_question *q, enum az_answer answer)
{
    if (q->kind == AZ_PAIR && answer == AZ_ANSWER_ARENA_HARD) {
        az_buf_z(b, "- A>>B: response A is much better\n"
                    "- A>B: response A is better\n");
        if (ties(q))
            az_buf_z(b, "- A=B: neither is better\n");
        az_buf_z(b, "- B>A: response B is better\n"
                    "- B>>A: response B is much better");
        return;
    }
    for (size_t i = 0; i < q->n_labels; i++)
        label_line(b, q, answer, (int)i);
}

static void number(struct az_buf *b, double v)
{
    char text[AZ_NUMBER_MAX];
    az_buf_z(b, az_number_print(v, text));
}

void az_instruct_scale(struct az_buf *b, const struct az_question *q)
{
    if (q->kind != AZ_SCORE)
        return;
    az_buf_z(b, "from ");
    number(b, q->scale_min);
    az_buf_z(b, " to ");
    number(b, q->scale_max);
    if (q->step > 0) {
        az_buf_z(b, " in steps of ");
        number(b, q->step);
    }
    for (size_t i = 0; i < q->n_levels; i++) {
        az_buf_z(b, "\n- ");
        number(b, q->levels[i].at);
        az_buf_z(b, ": ");
        az_buf_z(b, q->levels[i].text ? q->levels[i].text : "");
    }
}

static void answers(struct az_buf *b, const struct az_question *q, enum az_answer answer)
{
    switch (q->kind) {
    case AZ_SCORE:
        az_buf_z(b, "Give a number ");
        az_instruct_scale(b, q);
        break;
    case AZ_CHOICE:
        az_buf_z(b, "The labels are:\n");
        az_instruct_labels(b, q, answer);
        break;
    case AZ_PAIR:
        az_buf_z(b, "Two responses, A and B, are shown. Their order is chance and says nothing "
                    "about them, and neither does their length. The answers are:\n");
        az_instruct_labels(b, q, answer);
        break;
    default:
        az_buf_z(b, "Several responses are shown, each under a letter. Their order is chance and "
                    "says nothing about them, and neither does their length. The answer is the "
                    "letter of one of them.");
    }
}

/* {"rationale": "…", "label": "…"}: the reason first, so that it is thought
 * before the label is chosen. */
static void form_json(struct az_buf *b, const struct az_question *q)
{
    az_buf_z(b, "Reply with one JSON object and nothing else, first the reason, then the ");
    if (q->kind == AZ_SCORE) {
        az_buf_z(b, "number: {\"rationale\": \"your reason in a few sentences\", \"score\": ");
        number(b, q->scale_max);
        az_buf_z(b, "}\nwith the score that you decided on.");
        return;
    }
    az_buf_z(b, "label: {\"rationale\": \"your reason in a few sentences\", \"label\": \"…\"}\n");
    if (!q->n_labels) {
        az_buf_z(b, "with the letter of a response as the label.");
        return;
    }
    az_buf_z(b, "with exactly one of these as the label: ");
    for (size_t i = 0; i < q->n_labels; i++) {
        struct az_jw w = az_jw(b);
        az_buf_z(b, i ? ", " : "");
        az_jw_z(&w, q->labels[i]);
    }
    az_buf_char(b, '.');
}

static void form_letter(struct az_buf *b, const struct az_question *q)
{
    if (q->kind == AZ_SCORE) {
        az_buf_z(b, "Reply with the number alone.");
        return;
    }
    az_buf_z(b, "Reply with one letter and nothing else");
    for (size_t i = 0; i < q->n_labels; i++) {
        az_buf_z(b, i == 0 ? ": " : i + 1 < q->n_labels ? ", " : " or ");
        az_buf_z(b, letters[i]);
    }
    az_buf_char(b, '.');
}

static void form_mt_bench(struct az_buf *b, const struct az_question *q)
{
    az_buf_z(b, "Explain briefly, then end with your verdict in double brackets: ");
    if (q->kind == AZ_SCORE)
        az_buf_z(b, "[[rating]], with the number in place of the word.");
    else if (q->kind == AZ_BEST)
        az_buf_z(b, "[[A]] if response A is the best, [[B]] if response B is, and so on.");
    else if (ties(q))
        az_buf_z(b, "[[A]] if response A is better, [[B]] if response B is better, [[C]] for a "
                    "tie.");
    else
        az_buf_z(b, "[[A]] if response A is better, [[B]] if response B is better.");
}

static void form(struct az_buf *b, const struct az_question *q, enum az_answer answer)
{
    switch (answer) {
    case AZ_ANSWER_JSON:
        form_json(b, q);
        break;
    case AZ_ANSWER_LETTER:
    case AZ_ANSWER_LOGPROBS:
        form_letter(b, q);
        break;
    case AZ_ANSWER_ARENA_HARD:
        az_buf_z(b, "Explain briefly, then end with exactly one of these: [[A>>B]], [[A>B]], ");
        az_buf_z(b, ties(q) ? "[[A=B]], [[B>A]] or [[B>>A]]." : "[[B>A]] or [[B>>A]].");
        break;
    case AZ_ANSWER_MT_BENCH:
        form_mt_bench(b, q);
        break;
    case AZ_ANSWER_REGEX:
        break; /* the template tells */
    }
}

static int refuse(const struct az_judge *judge, const char *what, struct az_error *err)
{
    return az_fail(err, AZ_EINVAL, "judge '%s': answer '%s' %s", judge->name ? judge->name : "",
                   az_answer_name(judge->answer), what);
}

static int check(const struct az_question *q, const struct az_judge *judge, struct az_error *err)
{
    if (q->kind == AZ_RANK)
        return az_fail(err, AZ_EINVAL, "a question of kind 'rank' cannot be put to a judge yet");
    if (judge->answer == AZ_ANSWER_ARENA_HARD && q->kind != AZ_PAIR)
        return refuse(judge, "is for pairs", err);
    if (judge->answer == AZ_ANSWER_MT_BENCH && q->kind == AZ_CHOICE)
        return refuse(judge, "has no labels of its own", err);
    if (by_letter(judge->answer) && q->n_labels > AZ_RESPONSES_MAX)
        return refuse(judge, "can name at most 26 labels", err);
    return 0;
}

int az_instruct(struct az_buf *b, const struct az_panel *panel, const struct az_judge *judge,
                struct az_error *err)
{
    const struct az_question *q = &panel->question;
    int r = check(q, judge, err);
    if (r < 0)
        return r;

    az_buf_z(b, "You are one of several judges who each answer alone. Answer the question below "
                "about what you are shown, on its merits and nothing else.");
    if (judge->persona) {
        az_buf_z(b, "\n\nYou judge as: ");
        az_buf_z(b, judge->persona);
    }
    az_buf_z(b, "\n\n");
    az_buf_z(b, az_fence_rule());
    az_buf_z(b, "\n\nThe question: ");
    az_buf_z(b, az_instruct_ask(q));
    az_buf_z(b, "\n\n");
    answers(b, q, judge->answer);
    if (judge->answer != AZ_ANSWER_REGEX)
        az_buf_z(b, "\n\n");
    form(b, q, judge->answer);
    return az_buf_check(b, err);
}
