#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/human.h"
#include "client/cli/summary.h"
#include "coordinator/summary.h"
#include "core/glyph.h"
#include "core/json.h"
#include "core/mem.h"

static const char *pair_labels[] = {"A", "B", "tie"};

static struct az_judge pair_judges[] = {
    {.name = "qwen", .orders = AZ_ORDERS_BOTH, .samples = 1},
    {.name = "haiku", .orders = AZ_ORDERS_BOTH, .samples = 1},
    {.name = "length", .orders = AZ_ORDERS_NONE, .samples = 1},
};

static const struct az_panel pair_panel = {
    .name = "helpful",
    .question = {.kind = AZ_PAIR,
                 .ties = true,
                 .n_labels = 3,
                 .labels = pair_labels,
                 .pass = AZ_PASS_LABELS,
                 .pass_labels = 1},
    .n_judges = 3,
    .judges = pair_judges,
    .policy = {.kind = AZ_POLICY_VOTE, .rounds = 1},
};

/* One item of the pair panel: what each judge said, order by order, and what
 * came out: "AA AB A" is qwen A and A, haiku A then B, length A. '!' could not
 * be read, 'x' was no connection, '-' was not asked. */
struct item_case {
    const char *ballots, *gold, *verdict; /* gold "" = none; verdict "?" abstained, "!" failed */
};

static int pair_label(char c)
{
    return c == 'A' ? AZ_LABEL_A : c == 'B' ? AZ_LABEL_B : c == 't' ? AZ_LABEL_TIE : AZ_LABEL_NONE;
}

static size_t read_ballots(const char *text, struct az_ballot *v)
{
    size_t n = 0;
    int judge = 0, order = 0;
    for (; *text; text++) {
        if (*text == ' ') {
            judge++;
            order = 0;
            continue;
        }
        if (*text == '-') {
            order++;
            continue;
        }
        enum az_order shown = judge == 2 ? AZ_ORDER_NONE : (enum az_order)order++;
        v[n++] = (struct az_ballot){
            .key = {.judge = judge, .round = 1, .criterion = -1, .order = shown},
            .error = *text == '!'   ? AZ_BE_PARSE
                     : *text == 'x' ? AZ_BE_CONNECT
                                    : AZ_BE_NONE,
            .label = pair_label(*text),
            .tokens_in = judge == 2 ? 0 : 100,
            .tokens_out = judge == 2 ? 0 : 10,
            .cost = judge == 2 ? 0 : 500000 * (judge + 1),
            .cost_known = true,
            .ms = judge == 2 ? 0 : 40 + 10 * judge,
            .attempts = judge == 2 ? 0 : 1,
        };
    }
    return n;
}

static int add_case(struct az_summary *s, const struct item_case *c, int seq)
{
    char prompt[32];
    struct az_ballot ballots[8];
    size_t n = read_ballots(c->ballots, ballots);
    struct az_str systems[] = {AZ_STR("new"), AZ_STR("old")};
    struct az_str responses[] = {AZ_STR("x"), AZ_STR("y")};
    int gold = pair_label(*c->gold);
    double one = 1;
    snprintf(prompt, sizeof(prompt), "prompt %d", seq);
    struct az_item item = {.seq = seq,
                           .id = az_str(prompt),
                           .prompt = az_str(prompt),
                           .n_responses = 2,
                           .responses = responses,
                           .systems = systems,
                           .gold = {.n = *c->gold != 0, .labels = &gold, .weights = &one}};
    struct az_verdict v = {.status = AZ_DECIDED, .label = pair_label(*c->verdict)};
    if (*c->verdict == '?') {
        v.status = AZ_ABSTAINED;
        snprintf(v.reason, sizeof(v.reason), "no label has a majority");
    } else if (*c->verdict == '!') {
        v.status = AZ_FAILED;
        v.error = AZ_BE_PARSE;
    } else if (*c->verdict == 'o') {
        v.status = AZ_OPEN;
    }
    return az_summary_add(s, &item, &v, (struct az_ballots){ballots, n}, NULL);
}

static const struct item_case small[] = {
    {"AA AA A", "A", "A"}, {"AB AA A", "B", "A"}, {"BB BB A", "B", "B"},
    {"tt AB B", "A", "?"}, {"!! xx !", "", "!"},  {"A- -- -", "", "o"},
};

static const struct az_summary_extra small_extra = {
    .seconds = 12.5,
    .bad_lines = 1,
    .left = 2,
    .calls = {.made = 20, .cached = 3, .retried = 1, .saved = 0},
};

static struct az_summary *small_summary(size_t n)
{
    struct az_summary *s = az_summary_new(&pair_panel);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(add_case(s, &small[i], (int)i), 0);
    assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);
    return s;
}

/* Parts of it are worked out by hand: the panel is right on two of four (A for
 * B is wrong, and so is abstaining with B on top where gold is A); kappa over
 * the three decided is (6 - 4) / (9 - 4); qwen is right on two and half right
 * on its split. */
static const char small_json[] =
    "{\"format\":\"summary/1\",\"panel_name\":\"helpful\",\"items\":8,\"decided\":3,"
    "\"abstained\":1,\"failed\":1,\"left\":3,\"bad_lines\":1,\"seconds\":12.5,\"usd\":0.0155,"
    "\"usd_known\":true,\"tokens_in\":2100,\"tokens_out\":210,\"calls\":{\"made\":20,"
    "\"cached\":3,\"retried\":1,\"saved\":0},\"failed_by\":{\"parse\":1},"
    "\"abstained_by\":{\"no label has a majority\":1},\"labels\":[{\"name\":\"A\",\"count\":2,"
    "\"share\":0.6666666666666666,\"low\":0.20765960080204765,"
    "\"high\":0.9385080552796037,\"method\":\"wilson\",\"n\":3,"
    "\"note\":\"judge error not included\"},{\"name\":\"B\",\"count\":1,"
    "\"share\":0.3333333333333333,\"low\":0.06149194472039615,"
    "\"high\":0.7923403991979523,\"method\":\"wilson\",\"n\":3,"
    "\"note\":\"judge error not included\"},{\"name\":\"tie\",\"count\":0,\"share\":0,\"low\":0,"
    "\"high\":0.5614970317550455,\"method\":\"wilson\",\"n\":3,"
    "\"note\":\"judge error not included\"}],\"systems\":[{\"name\":\"new\",\"wins\":2,"
    "\"ties\":0,\"losses\":1,\"win_rate\":0.6666666666666666,\"low\":0.20765960080204765,"
    "\"high\":0.9385080552796037,\"method\":\"wilson\",\"n\":3,"
    "\"note\":\"judge error not included\"},{\"name\":\"old\",\"wins\":1,\"ties\":0,\"losses\":2,"
    "\"win_rate\":0.3333333333333333,\"low\":0.06149194472039615,"
    "\"high\":0.7923403991979523,\"method\":\"wilson\",\"n\":3,"
    "\"note\":\"judge error not included\"}],\"systems_over\":0,"
    "\"pass_rate\":{\"value\":0.6666666666666666,\"low\":0.20765960080204765,"
    "\"high\":0.9385080552796037,\"method\":\"wilson\",\"n\":3,"
    "\"note\":\"judge error not included\"},\"mean\":{\"value\":null,\"low\":null,"
    "\"high\":null,\"method\":null,\"n\":0,\"reasons\":{\"value\":\"not a score question\"}},"
    "\"panel\":{\"accuracy\":0.5,\"accuracy_shared\":0.5,\"kappa\":0.4,\"kappa_n\":3,"
    "\"low\":0.15003898915214953,\"high\":0.8499610108478505,\"method\":\"wilson\",\"n\":4},"
    "\"judges\":[{\"name\":\"qwen\",\"ballots\":11,\"errors\":2,"
    "\"parse_rate\":0.8181818181818182,\"flip_rate\":0.25,\"reversal_rate\":0.25,"
    "\"position\":{\"value\":0.25,\"low\":-0.5456115763209265,\"high\":1,\"method\":\"t\","
    "\"n\":4},\"flip_n\":4,\"accuracy\":0.5,\"accuracy_shared\":0.625,\"kappa\":0.5,"
    "\"kappa_n\":3,\"n\":4,\"usd\":0.0055,\"tokens_in\":1100,\"tokens_out\":110,\"ms_p50\":40,"
    "\"ms_p99\":40,\"top_error\":\"parse\"},{\"name\":\"haiku\",\"ballots\":10,\"errors\":2,"
    "\"parse_rate\":1,\"flip_rate\":0.25,\"reversal_rate\":0.25,\"position\":{\"value\":0.25,"
    "\"low\":-0.5456115763209265,\"high\":1,\"method\":\"t\",\"n\":4},\"flip_n\":4,"
    "\"accuracy\":0.5,\"accuracy_shared\":0.625,\"kappa\":0.4,\"kappa_n\":3,\"n\":4,"
    "\"usd\":0.01,\"tokens_in\":1000,\"tokens_out\":100,\"ms_p50\":50,\"ms_p99\":50,"
    "\"top_error\":\"connect\"},{\"name\":\"length\",\"ballots\":5,\"errors\":1,"
    "\"parse_rate\":0.8,\"flip_rate\":null,\"reversal_rate\":null,\"position\":null,"
    "\"flip_n\":0,\"accuracy\":0.25,\"accuracy_shared\":0.25,\"kappa\":-0.5,\"kappa_n\":4,"
    "\"n\":4,\"usd\":0,\"tokens_in\":0,\"tokens_out\":0,\"ms_p50\":null,\"ms_p99\":null,"
    "\"top_error\":\"parse\",\"reasons\":{\"flip_rate\":\"no item was read in both orders\","
    "\"reversal_rate\":\"no item was read in both orders\","
    "\"position\":\"no item was read in both orders\",\"ms_p50\":\"nothing was timed\","
    "\"ms_p99\":\"nothing was timed\"}}],\"agreement\":{\"alpha\":0.33333333333333337,"
    "\"alpha_level\":\"nominal\",\"percent\":0.6666666666666666,"
    "\"kappa\":0.3333333333333333,\"effective_votes\":1.4147252777935397,\"low\":null,"
    "\"high\":null,\"method\":null,\"effective_votes_n\":4,\"left_out\":[],\"n\":4,"
    "\"pairs\":[{\"a\":\"qwen\",\"b\":\"haiku\",\"percent\":1,\"kappa\":1,\"n\":2},{\"a\":\"qwen\","
    "\"b\":\"length\",\"percent\":0.3333333333333333,\"kappa\":0,\"n\":3},{\"a\":\"haiku\","
    "\"b\":\"length\",\"percent\":0.6666666666666666,\"kappa\":0,\"n\":3}]}}";

static void check_json(const struct az_summary *s, const char *want)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    AZ_AUTO(json) doc = NULL;
    az_summary_json(&b, s);
    assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
    if (strcmp(b.p, want)) {
        size_t at = 0;
        while (b.p[at] == want[at])
            at++;
        fail_msg("at byte %zu: got '%.60s', want '%.60s'", at, b.p + at, want + at);
    }
}

static void json_of_a_small_job(void **state)
{
    (void)state;
    AZ_AUTO(summary) s = small_summary(6);
    check_json(s, small_json);
}

static void json_of_nothing(void **state)
{
    (void)state;
    AZ_AUTO(summary) s = small_summary(0);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    AZ_AUTO(json) doc = NULL;
    az_summary_json(&b, s);
    assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
    az_jv root = az_json_root(doc);
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"pass_rate.reasons.value", "no item was decided"},
        {"panel.reasons.accuracy", "no item with gold"},
        {"panel.reasons.kappa", "no item with gold"},
        {"judges.0.reasons.parse_rate", "no reply came"},
        {"judges.0.reasons.flip_rate", "no item was read in both orders"},
        {"judges.0.reasons.ms_p50", "nothing was timed"},
        {"agreement.reasons.alpha", "no item with two readable votes"},
        {"agreement.reasons.effective_votes", "no item with gold"},
        {"agreement.pairs.0.reasons.kappa", "no item that both gave one answer to"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        if (!az_str_eqz(az_jv_str(az_jv_path(root, cases[i].path)), cases[i].want))
            fail_msg("%s is not '%s'", cases[i].path, cases[i].want);
    }
    assert_int_equal(az_jv_type(az_jv_path(root, "panel.accuracy")), AZ_J_NULL);
}

static void any_order_gives_the_same(void **state)
{
    (void)state;
    AZ_AUTO(summary) s = small_summary(6);
    AZ_AUTO(summary) back = az_summary_new(&pair_panel);
    assert_non_null(back);
    for (int i = 5; i >= 0; i--)
        assert_int_equal(add_case(back, &small[i], i), 0);
    assert_int_equal(az_summary_finish(back, &small_extra, NULL), 0);

    const struct az_summary_figures *f = az_summary_figures(s), *g = az_summary_figures(back);
    const struct az_figure pairs[][2] = {
        {f->accuracy, g->accuracy},
        {f->accuracy_shared, g->accuracy_shared},
        {f->kappa, g->kappa},
        {f->pass_rate, g->pass_rate},
        {f->alpha, g->alpha},
        {f->agreement_kappa, g->agreement_kappa},
        {f->effective_votes, g->effective_votes},
        {f->judges[0].position, g->judges[0].position},
        {f->judges[1].accuracy_shared, g->judges[1].accuracy_shared},
        {f->systems[0].win_rate, g->systems[0].win_rate},
    };
    for (size_t i = 0; i < AZ_LEN(pairs); i++) {
        const struct az_figure *a = &pairs[i][0], *b = &pairs[i][1];
        assert_true(a->defined && b->defined && a->n == b->n);
        assert_true(fabs(a->value - b->value) < 1e-12 && fabs(a->low - b->low) < 1e-12);
    }
}

static void text_of_a_small_job(void **state)
{
    (void)state;
    AZ_AUTO(summary) s = small_summary(6);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_summary_text(&b, s, 100, false, "assize show helpful.assize q1");
    static const char want[] =
        "8 items: 3 decided, 1 abstained, 1 failed, 3 left, 1 bad line · 13s · $0.0155\n"
        "failed: parse 1\n"
        "abstained: no label has a majority (1)\n"
        "calls: 20 made, 3 cached, 1 retried · tokens: 2,100 in, 210 out\n"
        "\n"
        "win rate new 66.7% (20.8–93.9): 2 won, 0 tied, 1 lost\n"
        "win rate old 33.3% (6.1–79.2): 1 won, 0 tied, 2 lost\n"
        "pass rate 66.7% (20.8–93.9), n 3\n"
        "95% intervals (wilson); judge error not included\n"
        "panel against gold: 50.0% (15.0–85.0) right, 50.0% 1/k, kappa 0.400, n 4\n"
        "\n"
        "judge   parsed  flips  right    1/k   kappa  $/1000   p50   p99  top error\n"
        "haiku   100.0%  25.0%  50.0%  62.5%   0.400   $2.00  50ms  50ms  connect 2\n"
        "qwen     81.8%  25.0%  50.0%  62.5%   0.500   $1.10  40ms  40ms  parse 2\n"
        "length   80.0%      -  25.0%  25.0%  -0.500      $0     -     -  parse 1\n"
        "agreement: 66.7% of the time, kappa 0.333, alpha 0.333, n 4\n"
        "effective votes: 1.4 of 3\n"
        "next: assize show helpful.assize q1\n";
    if (strcmp(b.p, want))
        fail_msg("got\n%s", b.p);

    AZ_AUTO_BUF color = az_buf(AZ_BUF_MAX);
    az_summary_text(&color, s, 100, true, NULL);
    assert_non_null(strstr(color.p, "\033[31mfailed: parse 1\033[0m\n"));
    assert_null(strstr(color.p, "next:"));
}

/* Forty judges, six systems and every line there can be. */
static void text_has_a_bound(void **state)
{
    (void)state;
    enum { JUDGES = 40 };
    static char names[JUDGES][48];
    static struct az_judge judges[JUDGES];
    struct az_panel panel = pair_panel;
    for (int j = 0; j < JUDGES; j++) {
        snprintf(names[j], sizeof(names[j]), "a judge with a very long name, number %d", j);
        judges[j] = (struct az_judge){.name = names[j], .orders = AZ_ORDERS_NONE, .samples = 1};
    }
    panel.judges = judges;
    panel.n_judges = JUDGES;
    AZ_AUTO(summary) s = az_summary_new(&panel);

    for (int i = 0; i < 90; i++) {
        struct az_ballot ballots[JUDGES];
        for (int j = 0; j < JUDGES; j++)
            ballots[j] = (struct az_ballot){
                .key = {.judge = j, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
                .error = (i + j) % 17 == 0 ? AZ_BE_TIMEOUT : AZ_BE_NONE,
                .label = (i + j) % 17 == 0 ? AZ_LABEL_NONE : (i * (j + 3) / 7) % 3,
                .ms = 100 * j};
        static const char *const systems[] = {"s1", "s2", "s3", "s4", "s5", "s6"};
        struct az_str two[] = {az_str(systems[i % 6]), az_str(systems[(i + 1) % 6])};
        int gold = i % 2;
        double one = 1;
        char id[16];
        snprintf(id, sizeof(id), "%d", i);
        struct az_item item = {.seq = i,
                               .id = az_str(id),
                               .prompt = az_str(id),
                               .n_responses = 2,
                               .systems = two,
                               .gold = {.n = 1, .labels = &gold, .weights = &one}};
        struct az_verdict v = {.status = i % 9 == 0   ? AZ_FAILED
                                         : i % 9 == 1 ? AZ_ABSTAINED
                                                      : AZ_DECIDED,
                               .label = i % 3};
        v.error = (enum az_ballot_error)(1 + i % 20);
        snprintf(v.reason, sizeof(v.reason), "reason %c %d\n", 'a' + i % 30, i);
        assert_int_equal(az_summary_add(s, &item, &v, (struct az_ballots){ballots, JUDGES}, NULL),
                         0);
    }
    assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);
    const struct az_summary_figures *f = az_summary_figures(s);
    assert_int_equal(f->n_abstentions, AZ_SUMMARY_REASONS + 1);

    for (size_t width = 20; width < 200; width += 7) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        az_summary_text(&b, s, width, false, "assize report");
        struct az_str rest = az_buf_view(&b), line;
        size_t lines = 0;
        for (; az_str_line(&rest, &line); lines++)
            assert_true(az_glyph_width(line) <= width);
        assert_int_equal(lines, AZ_SUMMARY_LINES);
        if (width > 60)
            assert_non_null(strstr(b.p, "of 40 judges; "));
        assert_non_null(strstr(b.p, "\nnext: assize report\n"));
    }
}

/* Scores: the mean with its interval, alpha of intervals, distance from gold. */
static void scores(void **state)
{
    (void)state;
    static struct az_judge judges[] = {{.name = "a", .orders = AZ_ORDERS_NONE, .samples = 1},
                                       {.name = "b", .orders = AZ_ORDERS_NONE, .samples = 1}};
    const struct az_panel panel = {.name = "s",
                                   .question = {.kind = AZ_SCORE,
                                                .scale_min = 1,
                                                .scale_max = 5,
                                                .pass = AZ_PASS_GE,
                                                .pass_at = 4},
                                   .n_judges = 2,
                                   .judges = judges};
    static const double said[][4] = {/* a, b, verdict, gold */
                                     {1, 2, 1.5, 1},
                                     {4, 4, 4, 5},
                                     {5, 4, 4.5, 4},
                                     {2, 2, 2, 2}};
    AZ_AUTO(summary) s = az_summary_new(&panel);
    for (int i = 0; i < 4; i++) {
        struct az_ballot ballots[2] = {0};
        for (int j = 0; j < 2; j++)
            ballots[j] = (struct az_ballot){
                .key = {.judge = j, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
                .label = AZ_LABEL_NONE,
                .has_score = true,
                .score = said[i][j]};
        char id[16];
        snprintf(id, sizeof(id), "%d", i);
        struct az_item item = {.seq = i,
                               .id = az_str(id),
                               .prompt = az_str(id),
                               .gold = {.has_number = true, .number = said[i][3]}};
        struct az_verdict v = {
            .status = AZ_DECIDED, .label = AZ_LABEL_NONE, .has_score = true, .score = said[i][2]};
        assert_int_equal(az_summary_add(s, &item, &v, (struct az_ballots){ballots, 2}, NULL), 0);
    }
    assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);

    const struct az_summary_figures *f = az_summary_figures(s);
    assert_true(fabs(f->mean.value - 3) < 1e-12 && f->mean.has_interval);
    assert_true(f->mean.low >= panel.question.scale_min &&
                f->mean.high <= panel.question.scale_max);
    assert_true(fabs(f->pass_rate.value - 0.5) < 1e-12);
    assert_true(fabs(f->mae.value - 0.5) < 1e-12);
    assert_true(fabs(f->judges[0].mae.value - 0.5) < 1e-12);
    assert_true(fabs(f->judges[1].mae.value - 0.5) < 1e-12);
    assert_string_equal(f->accuracy.reason, "a score question: see mae and pearson");
    assert_string_equal(f->effective_votes.reason, "a score is not right or wrong");
    /* 1 - 7 * (4 * (1/2 + 1/2)) / (2 * 8 * 14), Krippendorff's interval form */
    assert_true(fabs(f->alpha.value - (1 - 7.0 * 4 / (2 * 8 * 14))) < 1e-12);
    struct az_summary_pair p = az_summary_pair(s, 0, 1);
    assert_true(p.percent.value == 0.5 && p.percent.n == 4);
    assert_string_equal(p.kappa.reason, "a score has no categories");
    assert_true(p.pearson.value > 0.9);

    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_summary_json(&b, s);
    assert_non_null(strstr(b.p, "\"mae\":0.5,"));
    az_buf_clear(&b);
    az_summary_text(&b, s, 100, false, NULL);
    assert_non_null(strstr(b.p, "mean score 3.000 ("));
    assert_non_null(strstr(b.p, "off by 0.500 on average"));
}

/* Under early stopping an item that may have been cut short says nothing about
 * the judges; one with gold was asked in full. */
static void early_stopping_leaves_judges_out(void **state)
{
    (void)state;
    struct az_panel panel = pair_panel;
    panel.policy.early_stop = true;
    AZ_AUTO(summary) s = az_summary_new(&panel);
    static const struct item_case cases[] = {{"AA AB -", "", "A"}, {"AA AB B", "A", "A"}};
    assert_int_equal(add_case(s, &cases[0], 0), 0);
    assert_int_equal(add_case(s, &cases[1], 1), 0);
    assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);
    const struct az_summary_figures *f = az_summary_figures(s);
    assert_int_equal(f->decided, 2);
    assert_int_equal(f->judges[0].ballots, 4);
    assert_int_equal(f->judges[0].flip_rate.n, 1);
    assert_int_equal(f->alpha.n, 1);
}

/* Judges that only some items have ballots of: elsewhere they were not asked. */
static void judges_who_came(void **state)
{
    (void)state;
    static const struct item_case cases[] = {{"AA - BB", "A", "A"}, {"AA AA -", "A", "A"}};
    for (int who_came = 0; who_came <= 1; who_came++) {
        AZ_AUTO(summary) s = az_summary_new(&pair_panel);
        if (who_came)
            az_summary_who_came(s);
        assert_int_equal(add_case(s, &cases[0], 0), 0);
        assert_int_equal(add_case(s, &cases[1], 1), 0);
        assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);
        const struct az_summary_judge *j = az_summary_figures(s)->judges;
        assert_int_equal(j[0].accuracy.n, 2);
        assert_int_equal(j[1].accuracy.n, who_came ? 1 : 2);
        assert_true(j[1].accuracy.value == (who_came ? 1 : 0.5));
        assert_int_equal(j[2].accuracy.n, who_came ? 1 : 2);
    }
}

/* A true answer that is known only afterwards does not make it asked in full. */
static void early_items_with_a_late_gold(void **state)
{
    (void)state;
    AZ_AUTO(summary) s = az_summary_new(&pair_panel);
    int label[] = {0};
    double weight[] = {1};
    struct az_item item = {.id = AZ_STR("i"), .prompt = AZ_STR("p"), .n_responses = 2};
    struct az_verdict v = {.status = AZ_DECIDED, .label = AZ_LABEL_A, .early = true};
    item.gold = (struct az_gold){.n = 1, .labels = label, .weights = weight};
    assert_int_equal(az_summary_add(s, &item, &v, (struct az_ballots){0}, NULL), 0);
    assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);
    assert_int_equal(az_summary_figures(s)->accuracy.n, 1);
    assert_int_equal(az_summary_figures(s)->judges[0].accuracy.n, 0);
}

static void gold_that_is_not_one_answer(void **state)
{
    (void)state;
    AZ_AUTO(summary) s = az_summary_new(&pair_panel);
    int two[] = {0, 1};
    double half[] = {0.5, 0.5}, most[] = {0.4, 0.6};
    struct az_item item = {.id = AZ_STR("i"), .prompt = AZ_STR("p"), .n_responses = 2};
    struct az_verdict v = {.status = AZ_DECIDED, .label = AZ_LABEL_B};
    struct az_ballots none = {0};
    item.gold = (struct az_gold){.n = 2, .labels = two, .weights = half};
    assert_int_equal(az_summary_add(s, &item, &v, none, NULL), 0);
    item.gold.weights = most;
    assert_int_equal(az_summary_add(s, &item, &v, none, NULL), 0);
    item.gold = (struct az_gold){.unknown = AZ_STR("\"C\"")};
    assert_int_equal(az_summary_add(s, &item, &v, none, NULL), 0);
    assert_int_equal(az_summary_finish(s, &small_extra, NULL), 0);
    assert_int_equal(az_summary_figures(s)->gold, 1);
    assert_true(az_summary_figures(s)->accuracy.value == 1);
}

static void summary_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        assert_true(nth < 500);
        struct az_error err = {0};
        az_fault_alloc(nth);
        AZ_AUTO(summary) s = az_summary_new(&pair_panel);
        r = s ? 0 : AZ_ENOMEM;
        for (int i = 0; i < 6 && r == 0; i++)
            r = add_case(s, &small[i], i);
        if (r == 0)
            r = az_summary_finish(s, &small_extra, &err);
        if (r == 0) {
            AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
            az_summary_text(&b, s, 80, false, NULL);
            r = b.failed;
        }
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_of_a_small_job),
        cmocka_unit_test(json_of_nothing),
        cmocka_unit_test(any_order_gives_the_same),
        cmocka_unit_test(text_of_a_small_job),
        cmocka_unit_test(text_has_a_bound),
        cmocka_unit_test(scores),
        cmocka_unit_test(early_stopping_leaves_judges_out),
        cmocka_unit_test(early_items_with_a_late_gold),
        cmocka_unit_test(judges_who_came),
        cmocka_unit_test(gold_that_is_not_one_answer),
        cmocka_unit_test(summary_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
