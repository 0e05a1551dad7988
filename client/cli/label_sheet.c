#include "client/cli/label_sheet.h"

#include <math.h>
#include <string.h>

#include "client/cli/human.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/number.h"
#include "core/wrap.h"

enum { INDENT = 2, KEYS_MAX = 32, LEVELS_MAX = 10, NAME_MAX_BYTES = 300 };

/* Digits first; q, s and u have a meaning of their own. */
static const char keys[] = "123456789abcdefghijklmnoprtvwxyz";

/* ---- what can be answered ---- */

static size_t levels_of(const struct az_question *q)
{
    double step = q->step > 0 ? q->step : 1;
    double n = floor((q->scale_max - q->scale_min) / step + 0.5) + 1;
    return n >= 2 && n <= LEVELS_MAX ? (size_t)n : 0;
}

static double level_at(const struct az_question *q, size_t i)
{
    return q->scale_min + (double)i * (q->step > 0 ? q->step : 1);
}

const char *az_label_sheet_cannot(const struct az_question *q)
{
    if (q->kind == AZ_RANK)
        return "an order of several answers is more than one key";
    if (q->kind == AZ_SCORE && !levels_of(q))
        return "its scale has more than ten levels";
    if (q->kind == AZ_CHOICE && q->n_labels > KEYS_MAX)
        return "it has more labels than there are keys";
    for (size_t i = 0; q->kind == AZ_CHOICE && i < q->n_labels; i++) {
        if (strlen(q->labels[i]) > NAME_MAX_BYTES)
            return "the name of a label has more than 300 bytes";
    }
    return NULL;
}

static size_t answers_of(const struct az_question *q, const struct az_item *item)
{
    return q->kind == AZ_SCORE ? levels_of(q) : az_label_count(q, item);
}

/* ---- the order shown ---- */

static enum az_order order_of(const struct az_question *q, const struct az_item *item)
{
    if (q->kind != AZ_PAIR && q->kind != AZ_BEST)
        return AZ_ORDER_NONE;
    uint64_t h = az_hash64(UINT64_C(0x6c6162656c), item->id);
    return h & 1 ? AZ_ORDER_REVERSED : AZ_ORDER_LISTED;
}

static int label_at(const struct az_question *q, const struct az_item *item, size_t shown)
{
    return az_label_unshow(q, item->n_responses, order_of(q, item), (int)shown);
}

static char key_of(const struct az_question *q, size_t shown)
{
    return q->kind == AZ_PAIR && shown == AZ_LABEL_TIE ? 't' : keys[shown];
}

/* A level's key is its number where one digit says it. */
static char level_key(const struct az_question *q, size_t i)
{
    double at = level_at(q, i);
    bool digits = q->scale_min >= 0 && q->scale_max <= 9 && (q->step <= 0 || q->step == 1) &&
                  q->scale_min == floor(q->scale_min);
    return digits ? (char)('0' + (int)at) : keys[i];
}

/* ---- the sheet ---- */

static void title(struct az_buf *b, bool color, const char *text)
{
    az_buf_fmt(b, "\n%s%s%s\n", color ? "\033[1m" : "", text, color ? "\033[0m" : "");
}

static void block(struct az_buf *b, const char *name, struct az_str s, size_t width, bool color)
{
    if (!s.p)
        return;
    title(b, color, name);
    az_wrap_text(b, s, INDENT, width);
}

static void put_responses(struct az_buf *b, const struct az_question *q, const struct az_item *item,
                          size_t width, bool color)
{
    enum az_order order = order_of(q, item);
    for (size_t i = 0; i < item->n_responses; i++) {
        size_t at = order == AZ_ORDER_REVERSED ? item->n_responses - 1 - i : i;
        char name[] = "response 1";
        if (item->n_responses > 1)
            name[9] = order == AZ_ORDER_NONE ? (char)('A' + i) : keys[i];
        else
            name[8] = '\0';
        block(b, name, item->responses[at], width, color);
    }
}

static void put_key(struct az_buf *b, char key, struct az_str means)
{
    az_buf_fmt(b, "  [%c] ", key);
    az_human_text(b, means, 60);
}

static void put_level(struct az_buf *b, const struct az_question *q, size_t i)
{
    char number[AZ_NUMBER_MAX];
    const char *means = az_number_print(level_at(q, i), number);
    for (size_t k = 0; k < q->n_levels; k++) {
        if (q->levels[k].at == level_at(q, i) && q->levels[k].text)
            means = q->levels[k].text;
    }
    put_key(b, level_key(q, i), az_str(means));
}

static void put_answer(struct az_buf *b, const struct az_question *q, size_t shown)
{
    char name[] = "response 1";
    if (q->kind == AZ_SCORE) {
        put_level(b, q, shown);
    } else if (q->kind == AZ_CHOICE) {
        put_key(b, key_of(q, shown), az_str(az_label_name(q, (int)shown)));
    } else if (q->kind == AZ_PAIR && shown == AZ_LABEL_TIE) {
        put_key(b, 't', AZ_STR("tie"));
    } else {
        name[9] = keys[shown];
        put_key(b, keys[shown], az_str(name));
    }
}

void az_label_sheet(struct az_buf *b, const struct az_question *q, const struct az_item *item,
                    size_t at, size_t of, size_t done, size_t width, bool color)
{
    az_buf_fmt(b, "item %zu of %zu, %zu labelled: ", at, of, done);
    az_human_text(b, item->id, 60);
    az_buf_char(b, '\n');
    block(b, "context", item->context, width, color);
    block(b, "turns", item->turns, width, color);
    block(b, "prompt", item->prompt, width, color);
    block(b, "reference", item->reference, width, color);
    put_responses(b, q, item, width, color);
    title(b, color, q->ask ? q->ask : "Which answer?");
    for (size_t i = 0; i < answers_of(q, item); i++)
        put_answer(b, q, i);
    az_buf_z(b, "\n  [s] skip  [u] undo  [q] quit\n");
}

/* ---- keys ---- */

static void print_gold(const struct az_question *q, const struct az_item *item, size_t shown,
                       char gold[AZ_LABEL_GOLD_MAX])
{
    AZ_AUTO_BUF b = az_buf(AZ_LABEL_GOLD_MAX - 1);
    struct az_jw w = az_jw(&b);
    if (q->kind == AZ_SCORE)
        az_jw_num(&w, level_at(q, shown));
    else
        az_jw_z(&w, az_label_name(q, q->kind == AZ_CHOICE ? (int)shown : label_at(q, item, shown)));
    az_assert(b.n > 0 && b.n < AZ_LABEL_GOLD_MAX);
    memcpy(gold, b.p, b.n);
    gold[b.n] = '\0';
}

enum az_label_act az_label_key(const struct az_question *q, const struct az_item *item, int key,
                               char gold[AZ_LABEL_GOLD_MAX])
{
    enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DEL = 127 };
    if (key >= 'A' && key <= 'Z')
        key += 'a' - 'A';
    if (key == 'q' || key == CTRL_C || key == CTRL_D)
        return AZ_LABEL_QUIT;
    if (key == 's' || key == ' ')
        return AZ_LABEL_SKIP;
    if (key == 'u' || key == BACKSPACE || key == DEL)
        return AZ_LABEL_UNDO;
    for (size_t i = 0; i < answers_of(q, item); i++) {
        if (key != (q->kind == AZ_SCORE ? level_key(q, i) : key_of(q, i)))
            continue;
        print_gold(q, item, i, gold);
        return AZ_LABEL_IT;
    }
    return AZ_LABEL_NOTHING;
}
