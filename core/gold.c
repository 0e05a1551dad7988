#include "core/gold.h"

#include "core/number.h"

/* What the entries of a gold value add up to. */
struct tally {
    const struct az_panel *panel;
    const struct az_item *item;
    double weights[AZ_LABELS_MAX];
    double sum; /* of weight times score */
    double total;
    bool unknown;
};

static struct az_str translate(const struct az_panel *panel, struct az_str text)
{
    for (size_t i = 0; i < panel->n_gold_map; i++) {
        if (az_str_eqz(text, panel->gold_map[i].from))
            return az_str(panel->gold_map[i].to);
    }
    return text;
}

/* "A > B" says A, "A=B" tie; the signs may be doubled. */
static int find_relation(struct az_str text)
{
    char sign = '\0', letters[2];
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == ' ')
            continue;
        if (c == 'A' || c == 'B') {
            if (n == 2 || (n == 1) != (sign != '\0'))
                return AZ_LABEL_NONE;
            letters[n++] = c;
        } else if ((c == '>' || c == '<' || c == '=') && n == 1 && (!sign || c == sign)) {
            sign = c;
        } else {
            return AZ_LABEL_NONE;
        }
    }
    if (n != 2 || letters[0] == letters[1])
        return AZ_LABEL_NONE;
    if (sign == '=')
        return AZ_LABEL_TIE;
    return letters[sign == '>' ? 0 : 1] - 'A';
}

static int find_system(const struct az_item *item, struct az_str text)
{
    int found = AZ_LABEL_NONE;
    for (size_t i = 0; item->systems && i < item->n_responses; i++) {
        if (!az_str_eq(item->systems[i], text))
            continue;
        if (found != AZ_LABEL_NONE)
            return AZ_LABEL_NONE; /* two responses by one system */
        found = (int)i;
    }
    return found;
}

static int find_nocase(const struct az_question *q, size_t n, struct az_str text)
{
    int found = AZ_LABEL_NONE;
    for (size_t i = 0; i < n; i++) {
        if (!az_str_eqz_nocase(text, az_label_name(q, (int)i)))
            continue;
        if (found != AZ_LABEL_NONE)
            return AZ_LABEL_NONE;
        found = (int)i;
    }
    return found;
}

static int find_label(const struct az_question *q, const struct az_item *item, struct az_str text)
{
    size_t n = AZ_MIN(az_label_count(q, item), (size_t)AZ_LABELS_MAX);
    int label = az_label_find(q, n, text);
    if (label == AZ_LABEL_NONE && (q->kind == AZ_PAIR || q->kind == AZ_BEST))
        label = find_system(item, text);
    if (label == AZ_LABEL_NONE)
        label = find_nocase(q, n, text);
    if (label == AZ_LABEL_NONE && (q->kind == AZ_PAIR || (q->kind == AZ_BEST && n == 2)))
        label = find_relation(text);
    if (label == AZ_LABEL_NONE && q->kind == AZ_PAIR && az_str_eqz_nocase(text, "tie"))
        label = AZ_LABEL_TIE;
    return label == AZ_LABEL_TIE && q->kind == AZ_BEST && n == 2 ? AZ_LABEL_NONE : label;
}

static bool count_score(struct tally *t, struct az_str text, double weight)
{
    const struct az_question *q = &t->panel->question;
    double v;
    if (!az_str_double(az_str_trim(text), &v) || v < q->scale_min || v > q->scale_max)
        return false;
    t->sum += weight * v;
    return true;
}

static bool count_label(struct tally *t, struct az_str text, double weight)
{
    const struct az_question *q = &t->panel->question;
    int label = find_label(q, t->item, text);
    if (label == AZ_LABEL_NONE)
        return false;
    if (q->kind == AZ_PAIR && label == AZ_LABEL_TIE && q->n_labels == 2) {
        t->weights[AZ_LABEL_A] += weight / 2;
        t->weights[AZ_LABEL_B] += weight / 2;
    } else {
        t->weights[label] += weight;
    }
    return true;
}

static void count_text(struct tally *t, struct az_str text, double weight)
{
    text = translate(t->panel, text);
    bool score = t->panel->question.kind == AZ_SCORE;
    if (score ? count_score(t, text, weight) : count_label(t, text, weight))
        t->total += weight;
    else
        t->unknown = true;
}

/* One annotator's answer. */
static void count_entry(struct tally *t, az_jv v)
{
    char digits[AZ_NUMBER_MAX];
    double number;
    switch (az_jv_type(v)) {
    case AZ_J_NULL:
        break;
    case AZ_J_STRING:
        count_text(t, az_jv_str(v), 1);
        break;
    case AZ_J_BOOL:
        count_text(t, az_str(az_jv_true(v) ? "true" : "false"), 1);
        break;
    case AZ_J_NUMBER:
        if (az_jv_num(v, &number))
            count_text(t, az_str(az_number_print(number, digits)), 1);
        else
            t->unknown = true;
        break;
    default:
        t->unknown = true;
    }
}

static void count_weight(struct tally *t, az_jv v)
{
    double weight;
    if (az_jv_num(v, &weight) && weight >= 0 && weight < 1e15)
        count_text(t, az_jv_key(v), weight);
    else
        t->unknown = true;
}

static void count_gold(struct tally *t, az_jv gold)
{
    enum az_jtype type = az_jv_type(gold);
    if (t->panel->question.kind == AZ_RANK) { /* an order is no label */
        t->unknown = true;
        return;
    }
    if (type != AZ_J_ARRAY && type != AZ_J_OBJECT)
        count_entry(t, gold);
    for (az_jv v = type == AZ_J_ARRAY ? az_jv_first(gold) : NULL; v; v = az_jv_next(v))
        count_entry(t, v);
    for (az_jv v = type == AZ_J_OBJECT ? az_jv_first(gold) : NULL; v; v = az_jv_next(v))
        count_weight(t, v);
    if (type == AZ_J_OBJECT && t->total <= 0)
        t->unknown = true;
}

static bool is_nothing(az_jv gold)
{
    struct az_str s = az_jv_str(gold);
    enum az_jtype type = az_jv_type(gold);
    if (type == AZ_J_ARRAY) {
        for (az_jv v = az_jv_first(gold); v; v = az_jv_next(v)) {
            if (az_jv_type(v) != AZ_J_NULL)
                return false;
        }
        return true;
    }
    return type == AZ_J_NONE || type == AZ_J_NULL || (s.p && !s.n);
}

static int set_labels(const struct tally *t, struct az_item *item, struct az_error *err)
{
    struct az_gold gold = {0};
    for (size_t i = 0; i < AZ_LABELS_MAX; i++)
        gold.n += t->weights[i] > 0;
    gold.labels = az_arena_zalloc(item->arena, gold.n * sizeof(*gold.labels));
    gold.weights = az_arena_zalloc(item->arena, gold.n * sizeof(*gold.weights));
    if (!gold.labels || !gold.weights)
        return az_oom(err);

    size_t n = 0;
    for (size_t i = 0; i < AZ_LABELS_MAX; i++) {
        if (t->weights[i] > 0) {
            gold.labels[n] = (int)i;
            gold.weights[n++] = t->weights[i] / t->total;
        }
    }
    item->gold = gold;
    return 0;
}

int az_gold_set(const struct az_panel *panel, struct az_item *item, az_jv gold,
                struct az_error *err)
{
    if (is_nothing(gold)) {
        item->gold = (struct az_gold){0};
        item->gold_json = (struct az_str){0};
        return 0;
    }

    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_jv_print(&text, gold);
    int r = az_buf_check(&text, err);
    if (r < 0)
        return r;
    struct az_str json = az_arena_str(item->arena, az_buf_view(&text));
    if (!json.p)
        return az_oom(err);

    struct tally t = {.panel = panel, .item = item};
    count_gold(&t, gold);
    if (t.unknown)
        item->gold = (struct az_gold){.unknown = json};
    else if (panel->question.kind == AZ_SCORE)
        item->gold = (struct az_gold){.has_number = true, .number = t.sum / t.total};
    else
        r = set_labels(&t, item, err);
    if (r == 0)
        item->gold_json = json;
    return r;
}

bool az_gold_known(const struct az_panel *panel, const struct az_item *item, az_jv gold)
{
    struct tally t = {.panel = panel, .item = item};
    if (is_nothing(gold))
        return false;
    count_gold(&t, gold);
    return !t.unknown;
}
