#include "client/cli/import/import.h"

#include "client/cli/command.h"
#include "client/cli/import/replies_panel.h"
#include "core/mem.h"
#include "tests/unit/import.h"

#define ALPACA(rest)                                                             \
    "{\"instruction\":\"p\",\"output_1\":\"x\",\"output_2\":\"y\",\"id\":\"i\"," \
    "\"annotator\":\"j\"" rest "}"
#define ARENA(games)                                                     \
    "{\"uid\":\"q\",\"model\":\"m\",\"baseline\":\"b\",\"judge\":\"j\"," \
    "\"games\":[" games "]}"
#define BENCH(judge, judgments)                                                        \
    "{\"pair_id\":\"p\",\"question\":\"?\",\"response_A\":\"x\",\"response_B\":\"y\"," \
    "\"label\":\"B>A\",\"judge_name\":\"" judge "\",\"judgments\":[" judgments "]}"
#define FOO(output, grading)                                                           \
    "{\"prompt\":{\"raw\":\"p\"},\"vars\":{\"id\":\"v\"},\"provider\":{\"id\":\"m\"}," \
    "\"response\":{\"output\":" output "},\"gradingResult\":" grading "}"
#define SAMPLE(rest) \
    "{\"id\":\"s\",\"epoch\":1,\"input\":\"p\",\"output\":{\"completion\":\"x\"}," rest "}"

/* What a file gives: ballots as import.h writes them, then bad records. */
static const struct {
    const char *as, *options, *text, *want;
} cases[] = {
    /* ballots */
    {"ballots", "",
     "item\tjudge\torder\tsample\tlabel\tscore\nq\tj\tAB\t1\tA\t0.5\nq\tj\tCBA\t0\tC\t\n",
     "q j AB#1 A 0.5\nq j CBA#0 C"},
    {"ballots", "", "item\tjudge\tlabel\n\"q\tj\t\n", "\"q j -#0 !parse"},
    {"ballots", "", "item\tjudge\tlabel\nq\tj\nq\tj\ty\n",
     "q j -#0 y\nbad: line 2: 2 columns where the header has 3"},
    {"ballots", "",
     "{\"item\":\"q\",\"judge\":\"j\",\"order\":\"BA\",\"label\":\"A\",\"probs\":{\"A\":0.75,\"B\":"
     "0.25}}\n"
     "{\"item\":\"q\",\"judge\":\"j\",\"sample\":2,\"error\":{\"kind\":\"timeout\",\"text\":\"t\"}}"
     "\n",
     "q j BA#0 A {A: 0.75,B: 0.25}\nq j -#2 !timeout"},
    /* rows */
    {"crowd", "", "task\tworker\tlabel\nt\tw\tyes\nt\tw\tno\nu\tw\t\n",
     "t w -#0 yes\nt w -#1 no\nu w -#0 !parse"},
    {"crowd", "", "item,judge,label\r\nt,w,1\r\n\r\nt,w\r\n",
     "t w -#0 1\nbad: line 4: 2 cells, fewer than the header"},
    {"crowd", "", "worker,left,right,label\nw,x,y,x\nw,y,x,x\nw,y,x,tie\nw,x,x,x\nw,x,y,?\n",
     "x | y w AB#0 A\nx | y w BA#0 A\nx | y w BA#1 tie\nx | y w AB#1 !outside\n"
     "bad: line 5: left and right are not two names"},
    {"csv", "item=a,judge=b,label=c,order=o", "a;b;c;o\nq;j;A;AB\nq;j;\"B\n;\"\"\";BA\nq;j;A;ZZ\n",
     "q j AB#0 A\nq j BA#0 B\n;\"\nq j -#0 A"},
    {"csv", "shown", "item,judge,label,order\nq,j,A,BA\nq,j,A,AB\nq,j,tie,BA\nq,j,A,CBA\n",
     "q j BA#0 B\nq j AB#0 A\nq j BA#1 tie\nq j CBA#2 C"},
    {"csv", "shown map:1=A,2=B,0=tie",
     "item,judge,label,order\nq,j,2,BA\nq,k,1,BA\nq,l,2,AB\nq,m,0,BA\n",
     "q j BA#0 A\nq k BA#0 B\nq l AB#0 B\nq m BA#0 tie"},
    {"crowd", "shown map:1=A,2=B,3=C", "item,judge,label,order\nq,j,1,CBA\nq,j,2,CBA\nq,k,3,BA\n",
     "q j CBA#0 C\nq j CBA#1 B\nq k BA#0 !outside"},
    {"csv", "shown",
     "item,judge,label,order\nq,j,A,ba\nq,k,B,swapped\nq,l,A,\nq,m,tie,\nq,n,b,BA\nq,o,b,AB\nq,p,,"
     "BA\n",
     "q j -#0 !parse\nq k -#0 !parse\nq l -#0 !parse\nq m -#0 tie\nq n BA#0 !outside\n"
     "q o AB#0 !outside\nq p BA#0 !parse"},
    {"csv", "score=rating",
     "item,judge,rating,error,sample\nq,j,3.5,,4\nq,j,x,,0\nq,j,,timeout,0\nq,j,,odd,0\n",
     "q j -#4 3.5\nq j -#0 !parse\nq j -#0 !timeout\nq j -#0 !parse"},
    {"csv", "map:yes=A,no=B", "item,judge,label\nq,j,yes\nq,k,no\nq,l,so\n",
     "q j -#0 A\nq k -#0 B\nq l -#0 so"},
    {"csv", "judge:me", "id,label\nq,A\n", "q me -#0 A"},
    {"csv", "", "item,judge,label\n\"q\"x,j,A\nq,j,A\n\"q,j,A\n",
     "q j -#0 A\nbad: line 2: text after a closing quote\nbad: line 4: a quote that is never "
     "closed"},
    {"csv", "", "item,judge,label\nq,j,\xff\nq,j,A\n",
     "q j -#0 A\nbad: line 2: not UTF-8 at byte 4"},
    {"csv", "", "item,judge,sample,label\nq,j,-1,A\n", "bad: line 2: '-1' is no sample"},
    {"csv", "", "a,b\n1,2\n", "error: not read as csv: line 1: no column 'item' in the header"},
    {"csv", "item=zz", "item,judge,label\n",
     "error: not read as csv: line 1: no column 'zz' in the header"},
    {"csv", "", "item,label\nq,A\n",
     "error: not read as csv: line 1: no column 'judge' in the header"},
    /* alpaca-eval */
    {"alpaca-eval", "", "[" ALPACA(",\"preference\":1") "," ALPACA(",\"preference\":2.0") "]",
     "i j -#0 A\ni j -#1 B"},
    {"alpaca-eval", "", "[" ALPACA(",\"preference\":1.25") "," ALPACA(",\"preference\":1.5") "]",
     "i j -#0 A {A: 0.75,B: 0.25}\ni j -#1 tie"},
    {"alpaca-eval", "",
     "[" ALPACA(",\"preference\":null") "," ALPACA(",\"preference\":3") "," ALPACA(
         ",\"preference\":0") "]",
     "i j -#0 !parse\ni j -#1 !outside\ni j -#2 tie"},
    {"alpaca-eval", "",
     ALPACA(",\"preference\":1.25,\"is_switched_outputs\":true") "\n" ALPACA(
         ",\"preference\":1,\"is_switched_outputs\":false"),
     "i j BA#0 B {B: 0.75,A: 0.25}\ni j AB#0 A"},
    {"alpaca-eval", "", "[" ALPACA("") "," ALPACA(",\"preference\":1") ",7]",
     "i j -#0 A\nbad: record 1: no 'preference'\nbad: record 3: a number, expected an object"},
    {"alpaca-eval", "", "[" ALPACA(",\"preference\":1") ",{\"instr",
     "i j -#0 A\nerror: not JSON at byte 98: it ends there, too early"},
    {"alpaca-eval", "",
     "[" ALPACA(",\"preference\":NaN,\"raw_completion\":\"\\\"NaN\"") "," ALPACA(
         ",\"preference\":1,\"x\":[-Infinity,Infinity,nan]") "]",
     "i j -#0 !parse\nbad: record 2: not JSON at byte 95"},
    /* arena-hard */
    {"arena-hard", "", ARENA("{\"score\":\"A>>B\"},{\"score\":\"A>B\"}"),
     "q/m j AB#0 A 2\nq/m j BA#0 B -1"},
    {"arena-hard", "", ARENA("{\"score\":\"A=B\"},null,{\"score\":null},{\"score\":\"A?\"}"),
     "q/m j AB#0 tie 0\nq/m j BA#0 !missing\nq/m j AB#1 !parse\nq/m j BA#1 !outside"},
    {"arena-hard", "", ARENA("{\"score\":\"B<<A\"},{\"score\":\"A<B\"}"),
     "q/m j AB#0 A 2\nq/m j BA#0 A 1"},
    {"arena-hard", "", "{\"uid\":\"q\",\"games\":[]}\n{\"model\":\"m\"}",
     "bad: line 1: no 'uid' (or 'question_id') and 'model'\nbad: line 2: no 'games'"},
    /* judgebench */
    {"judgebench", "",
     BENCH("vanilla", "{\"judgment\":{\"judge_model\":\"m\"},\"decision\":\"A>B\"},"
                      "{\"judgment\":{\"judge_model\":\"m\"},\"decision\":\"A>B\"}"),
     "p m/vanilla AB#0 A\np m/vanilla BA#0 B"},
    {"judgebench", "",
     BENCH("vanilla", "null,{\"judgment\":{\"judge_model\":\"m\"},\"decision\":null}"),
     "p m/vanilla AB#0 !missing\np m/vanilla BA#0 !parse"},
    {"judgebench", "", BENCH("vanilla", "null,null"),
     "p vanilla AB#0 !missing\np vanilla BA#0 !missing"},
    {"judgebench", "",
     BENCH("reward_model",
           "{\"judgment\":{\"judge_model\":\"m\",\"scores\":[1,3]},\"decision\":\"B>A\"},"
           "{\"judgment\":{\"judge_model\":\"m\",\"scores\":[3,1]},\"decision\":\"A>B\"}"),
     "p m -#0 B -2"},
    {"judgebench", "",
     BENCH("reward_model",
           "{\"judgment\":{\"judge_model\":\"m\",\"scores\":[1,3]},\"decision\":\"B>A\"},"
           "{\"judgment\":{\"judge_model\":\"m\",\"scores\":[1,1]},\"decision\":\"B>A\"}"),
     "p m AB#0 B -2\np m BA#0 tie 0"},
    /* promptfoo */
    {"promptfoo", "",
     "{\"results\":{\"x\":[1],\"results\":[" FOO(
         "\"o\"",
         "{\"pass\":true,\"componentResults\":[{\"pass\":true,\"score\":1,\"assertion\":"
         "{\"type\":\"llm-rubric\"}},{\"pass\":false,\"score\":0.2,\"assertion\":{\"type\":"
         "\"llm-rubric\",\"metric\":\"kind\"}}]}") "]}}",
     "v llm-rubric -#0 pass 1\nv kind -#0 fail 0.2"},
    {"promptfoo", "",
     FOO("\"o\"", "{\"pass\":false,\"score\":0,\"reason\":\"No output\"}") "\n" FOO(
         "{\"a\":1}",
         "{\"pass\":false,\"score\":0,\"reason\":\"x\",\"metadata\":{\"graderError\":true}}"),
     "v promptfoo -#0 !empty\nv promptfoo -#1 !server"},
    {"promptfoo", "", FOO("null", "null"), ""},
    {"promptfoo", "", "{\"results\":{\"results\":[{\"a\":1}]}}",
     "bad: record 1: no 'prompt' and 'vars' of a result"},
    /* inspect */
    {"inspect", "",
     "{\"eval\":{\"model\":\"m\"},\"samples\":[" SAMPLE(
         "\"scores\":{\"f\":{\"value\":\"C\"},\"n\":{"
         "\"value\":2}}") "]}",
     "s f -#0 C\ns n -#0 2"},
    {"inspect", "",
     "{\"samples\":[" SAMPLE("\"scores\":{\"f\":{\"value\":{\"x\":1,\"y\":true}}}") "," SAMPLE(
         "\"scores\":null") "," SAMPLE("\"scores\":{\"f\":{\"value\":[1]}}") "]}",
     "s f/x -#0 1\ns f/y -#0 true\ns f -#0 !parse"},
    /* another form */
    {"alpaca-eval", "", ARENA("{\"score\":\"A>B\"}"),
     "error: not read as alpaca-eval: line 1: no 'instruction', 'output_1' and 'output_2' | It "
     "looks "
     "like model_judgment/*.jsonl of Arena-Hard: two games each: --as arena-hard."},
    {"ballots", "", "item,judge,sample,label\nq,j,0,A\nq,k,0,A\n",
     "error: not read as ballots: line 1: neither a JSON ballot nor a header of ballots | It looks "
     "like any CSV or TSV with a "
     "header; --columns says what is where: --as csv."},
    {"ballots", "", "{\"item\":\"q\",\"jud\n{\"item\":\"q\",\"judge\":\"j\",\"label\":\"A\"}\n",
     "q j -#0 A\nbad: line 1: not JSON at byte 15"},
    {"crowd", "", "[{\"instruction\":1,\"output_1\":2,\"preference\":1}]",
     "error: not read as crowd: line 1: text after a closing quote | It looks like "
     "annotations.json of AlpacaEval: preference 1 to 2: --as alpaca-eval."},
};

/* "judge:NAME", "map:…", "shown" (a map may follow), or columns. */
static void set_options(struct az_import_options *o, const char *text)
{
    struct az_error err = {0};
    o->shown = !strncmp(text, "shown", 5);
    text += o->shown ? strlen("shown") : 0;
    text += *text == ' ';
    if (!strncmp(text, "judge:", 6))
        o->judge = text + 6;
    else if (!strncmp(text, "map:", 4))
        assert_int_equal(az_import_read_map(o, text + 4, &err), 0);
    else
        assert_int_equal(az_import_read_columns(o, text, &err), 0);
}

static void run_case(size_t i, size_t chunk)
{
    AZ_AUTO_BUF got = az_buf(65536);
    AZ_AUTO_BUF bad = az_buf(65536);
    struct import_run run = {.as = cases[i].as, .bad = &bad};
    struct az_error err = {0};
    az_buf_z(&got, "");
    set_options(&run.options, cases[i].options);
    int r = import_run(&run, az_str(cases[i].text), chunk, &got, &err);
    struct az_str rest = az_buf_view(&bad), line;
    while (rest.n && az_str_line(&rest, &line))
        az_buf_fmt(&got, "%sbad: " AZ_STR_FMT, got.n ? "\n" : "", AZ_STR_ARG(line));
    if (r < 0)
        az_buf_fmt(&got, "%serror: %s", got.n ? "\n" : "", err.what);
    if (r < 0 && az_str_starts(az_str(err.hint), "It looks"))
        az_buf_fmt(&got, " | %s", err.hint);
    if (strcmp(got.p, cases[i].want))
        fail_msg("case %zu by %zu: got '%s', want '%s'", i, chunk, got.p, cases[i].want);
}

static void form_table(void **state)
{
    (void)state;
    static const size_t chunks[] = {1, 2, 13, 4096};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        for (size_t k = 0; k < AZ_LEN(chunks); k++)
            run_case(i, chunks[k]);
    }
}

#define REPLY(id, text)                                                                      \
    "{\"custom_id\":\"" id "\",\"response\":{\"status_code\":200,\"body\":{\"model\":\"m\"," \
    "\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"" text                  \
    "\"},\"finish_reason\":"                                                                 \
    "\"stop\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}},\"error\":null}\n"
#define MESSAGE(id, text)                                                                        \
    "{\"custom_id\":\"" id "\",\"result\":{\"type\":\"succeeded\",\"message\":{\"model\":\"m\"," \
    "\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" text                    \
    "\"}],\"stop_reason\":"                                                                      \
    "\"end_turn\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}}\n"

static const struct {
    const char *answer, *labels, *scale, *pattern, *text, *want;
} replies[] = {
    {"arena_hard", "A,B,tie", NULL, "{item}-{order}",
     REPLY("a-b-AB", "[[A>B]]") REPLY("a-b-BA", "[[A>B]]") REPLY("c-AB", "[[A=B]]"),
     "a-b m AB#0 A\na-b m BA#0 B\nc m AB#0 tie"},
    {"arena_hard", "A,B,tie", NULL, NULL, REPLY("q", "none"), "q m -#0 !parse"},
    {"letter", "A,B", NULL, "{judge}:{item}/{order}#{sample}", REPLY("j:q/BA#3", "A"),
     "q j BA#3 B"},
    {NULL, "yes,no", NULL, NULL, MESSAGE("q", "{\\\"label\\\":\\\"no\\\"}"), "q m -#0 no"},
    {NULL, NULL, "1,5", NULL, MESSAGE("q", "{\\\"score\\\":4}") MESSAGE("r", "{\\\"score\\\":9}"),
     "q m -#0 4\nr m -#0 !outside"},
    {"regex:is (yes|no)", "yes,no", NULL, NULL, REPLY("q", "it is yes"), "q m -#0 yes"},
    {NULL, "yes,no", NULL, NULL,
     REPLY("q", "") "{\"custom_id\":\"r\",\"response\":null,\"error\":{\"message\":\"expired\"}}\n"
                    "{\"custom_id\":\"s\",\"response\":{\"status_code\":429,\"body\":{\"error\":{"
                    "\"message\":\"slow\"}}}}\n"
                    "{\"custom_id\":\"t\",\"result\":{\"type\":\"expired\"}}\n",
     "q m -#0 !empty\nr m -#0 !server\ns m -#0 !rate_limit\nt m -#0 !server"},
    {NULL, "yes,no", NULL, "x{item}",
     REPLY("q", "") REPLY("x", "") "{\"a\":1}\n{\"custom_id\":\"x1\"}", ""},
};

static void replies_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(replies); i++) {
        AZ_AUTO_BUF got = az_buf(65536);
        AZ_AUTO(panel) panel = NULL;
        struct az_error err = {0};
        az_buf_z(&got, "");
        int r =
            az_replies_panel(replies[i].answer, replies[i].labels, replies[i].scale, &panel, &err);
        if (r < 0)
            fail_msg("reply %zu: %s", i, err.what);
        struct import_run run = {.as = "openai-batch",
                                 .options = {.panel = panel, .id_pattern = replies[i].pattern}};
        r = import_run(&run, az_str(replies[i].text), 64, &got, &err);
        if (r < 0 || strcmp(got.p, replies[i].want))
            fail_msg("reply %zu: got '%s' (%s), want '%s'", i, got.p, err.what, replies[i].want);
    }
}

static void replies_need_a_question(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *labels, *scale;
    } wrong[] = {{NULL, NULL, NULL}, {NULL, "a,b", "1,5"}, {"letters", "a,b", NULL},
                 {NULL, NULL, "5"},  {NULL, "a", NULL},    {"regex:(", "a,b", NULL}};
    for (size_t i = 0; i < AZ_LEN(wrong); i++) {
        AZ_AUTO(panel) panel = NULL;
        struct az_error err = {0};
        int r = az_replies_panel(wrong[i].answer, wrong[i].labels, wrong[i].scale, &panel, &err);
        if (r != AZ_EUSAGE || !*err.what)
            fail_msg("case %zu: %d '%s'", i, r, err.what);
    }
}

static const struct {
    const char *pattern, *want;
} patterns[] = {
    {"{item}", ""},
    {"x-{item}.{order}#{sample}", ""},
    {"{judge}:{item}", ""},
    {"{order}", "--id '{order}': {item} is not in it"},
    {"item", "--id 'item': {item} is not in it"},
    {"{itm}", "--id '{itm}': names are item, judge, order and sample"},
    {"{item}{order}", "--id '{item}{order}': nothing stands between two names"},
    {"{item", "--id '{item': a name that does not end"},
};

static void pattern_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(patterns); i++) {
        struct az_error err = {0};
        int r = az_replies_check_pattern(patterns[i].pattern, &err);
        if (strcmp(err.what, patterns[i].want) || (r < 0) != (*patterns[i].want != '\0'))
            fail_msg("'%s': got '%s'", patterns[i].pattern, err.what);
    }
}

static const struct {
    const char *text, *want;
} verdicts[] = {
    {"A>B", "A 1"},    {"A>>B", "A 2"},  {" B>A ", "B -1"}, {"B>>A", "B -2"}, {"[[A=B]]", "tie 0"},
    {"B=A", "tie 0"},  {"A<B", "B -1"},  {"B<<A", "A 2"},   {"A>A", "none"},  {"A==B", "none"},
    {"A>>>B", "none"}, {"A><B", "none"}, {"A", "none"},     {"", "none"},     {"a>b", "none"},
};

static void verdict_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(verdicts); i++) {
        struct az_str label;
        int strength;
        char got[32] = "none";
        if (az_import_verdict(az_str(verdicts[i].text), &label, &strength))
            snprintf(got, sizeof(got), AZ_STR_FMT " %d", AZ_STR_ARG(label), strength);
        if (strcmp(got, verdicts[i].want))
            fail_msg("'%s': got '%s', want '%s'", verdicts[i].text, got, verdicts[i].want);
    }
}

/* A name is a text; what would be cut at a NUL is another's name. */
static void nul_is_bad(void **state)
{
    (void)state;
    static const char *const forms[] = {"ballots", "crowd"};
    for (size_t i = 0; i < AZ_LEN(forms); i++) {
        AZ_AUTO_BUF got = az_buf(4096);
        AZ_AUTO_BUF bad = az_buf(4096);
        struct import_run run = {.as = forms[i], .bad = &bad};
        struct az_error err = {0};
        struct az_str text = AZ_STR("item\tjudge\tlabel\nq\0r\tj\tA\nq\tj\tB\nq\n");
        assert_int_equal(import_run(&run, text, 3, &got, &err), 0);
        assert_string_equal(got.p, "q j -#0 B");
        assert_true(
            az_str_starts(az_buf_view(&bad), "line 2: a NUL character at byte 1\nline 4: 1 "));
    }
}

/* A guess rests on the file's beginning, however little of it came first. */
static void guess_however_it_comes(void **state)
{
    (void)state;
    for (size_t chunk = 1; chunk < 4096; chunk *= 8) {
        struct import_run run = {.as = "openai-batch"};
        struct az_error err = {0};
        struct az_str text =
            AZ_STR("{\"id\":1}\n{\"custom_id\":\"q\",\"result\":{\"type\":\"expired\"}}\n");
        assert_int_equal(import_run(&run, text, chunk, NULL, &err), AZ_EINVAL);
        assert_non_null(strstr(err.hint, "--as anthropic-batch."));
    }
}

/* --help, man page and docs/commands.md list them from here. */
static void help_lists_every_form(void **state)
{
    (void)state;
    for (const struct az_form *f = az_forms; f->name; f++) {
        if (!strstr(az_cmd_import.more, f->name))
            fail_msg("the help has no '%s'", f->name);
        assert_ptr_equal(az_form_find(f->name), f);
    }
    assert_null(az_form_find("none"));
}

static void wrong_options(void **state)
{
    (void)state;
    struct az_import_options o = {0};
    struct az_error err = {0};
    assert_int_equal(az_import_read_map(&o, "yes", &err), AZ_EUSAGE);
    assert_string_equal(err.what, "--map: 'yes' has not the form NAME=VALUE");
    assert_int_equal(az_import_read_map(&o, "yes=A,no=B,yes=C", &err), AZ_EUSAGE);
    assert_string_equal(err.what, "--map: 'yes' twice");
    assert_int_equal(az_import_read_columns(&o, "jugde=x", &err), AZ_EUSAGE);
    assert_string_equal(err.what, "--columns: nothing is called 'jugde'");
    assert_string_equal(err.hint, "Did you mean 'judge'?");
}

/* A ballot that is there twice is written twice, and told: readers take one. */
static void doubles_are_counted(void **state)
{
    (void)state;
    struct import_run run = {.as = "ballots"};
    struct az_error err = {0};
    AZ_AUTO_BUF got = az_buf(4096);
    int r =
        import_run(&run, AZ_STR("item\tjudge\tsample\tlabel\nq\tj\t0\tA\nq\tj\t1\tA\nq\tj\t0\tB\n"),
                   100, &got, &err);
    assert_int_equal(r, 0);
    assert_int_equal(run.counts.ballots, 3);
    assert_int_equal(run.counts.doubles, 1);
}

/* What could not be turned is told, as is an order that is none. */
static void frames_are_counted(void **state)
{
    (void)state;
    struct import_run run = {.as = "csv", .options = {.shown = true}};
    struct az_error err = {0};
    AZ_AUTO_BUF got = az_buf(4096);
    AZ_AUTO_BUF told = az_buf(4096);
    run.told = &told;
    struct az_str text = AZ_STR("item,judge,label,order\nq,j,A,ba\nq,k,1,BA\nq,l,A,BA\n");
    assert_int_equal(import_run(&run, text, 100, &got, &err), 0);
    assert_string_equal(got.p, "q j -#0 !parse\nq k BA#0 !outside\nq l BA#0 B");
    assert_int_equal(run.counts.no_order, 1);
    assert_int_equal(run.counts.unturned, 2);
    assert_non_null(strstr(told.p, "1 record has an order that is none"));
    assert_non_null(strstr(told.p, "2 labels could not be turned"));
}

#define ITEM(id, rest) "{\"id\":\"" id "\",\"prompt\":\"p\"," rest "}\n"
#define PAIR(id) ITEM(id, "\"responses\":[\"x\",\"y\"]")

/* Labels that a slip of the hand leaves over are told by name. */
static const struct {
    const char *options, *items, *text, *want; /* NULL: nothing is told of labels */
} slips[] = {
    {"", NULL, "q,j,1\nr,j,2\n", NULL},
    {"map:1=A,2=B", NULL, "q,j,1\nr,j,2\ns,j,tie\nt,j,A\n", NULL},
    {"map:1=A,2=B,3=tie,4=tie", NULL, "q,j,1\nr,j,2\n",
     "--map: no label of the source is '3', '4'\n"},
    {"map:1=A", NULL, "q,j,1\nr,j,2\nr,k,2\n",
     "2 answers have a label that is none of those of --map: '2' (--map OLD=NEW,… gives other "
     "names)\n"},
    {"", PAIR("q") PAIR("r"), "q,j,1\nr,j,Aa\nq,k,A\nr,k,tie\n",
     "2 answers have a label that is none of A, B and tie, and the items are pairs: '1', 'Aa' "
     "(--map "
     "OLD=NEW,… gives other names)\n"},
    {"", PAIR("q"), "q,j,1\nq,j,2\nq,j,3\nq,j,4\nq,j,5\nq,j,\n", "'3', '4', … (--map"},
    {"map:1=A", PAIR("q"), "q,j,1\n", NULL},
    {"", PAIR("q") ITEM("r", "\"response\":\"x\""), "q,j,1\n", NULL},
    {"", PAIR("q"), "q,j,012345678901234567890123456789\xc3\xa9\xc3\xa9\n",
     "'012345678901234567890123456789\xc3\xa9'"},
};

static void slips_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(slips); i++) {
        AZ_AUTO_BUF told = az_buf(4096);
        AZ_AUTO_BUF text = az_buf(4096);
        struct import_run run = {.as = "csv", .items = slips[i].items, .told = &told};
        struct az_error err = {0};
        set_options(&run.options, slips[i].options);
        az_buf_fmt(&text, "item,judge,label\n%s", slips[i].text);
        assert_int_equal(import_run(&run, az_buf_view(&text), 100, NULL, &err), 0);
        bool found =
            slips[i].want ? strstr(told.p, slips[i].want) != NULL : !strstr(told.p, "--map");
        if (!found)
            fail_msg("slip %zu: '%s'", i, told.p);
    }
}

/* Gold has the names that labels have, in the frame of the item it is written for. */
static void gold_is_mapped(void **state)
{
    (void)state;
    AZ_AUTO_BUF items = az_buf(4096);
    struct import_run run = {.as = "csv", .items_out = &items, .items = PAIR("r")};
    struct az_error err = {0};
    struct az_str text = AZ_STR("item,judge,label,prompt,response_a,response_b,gold\n"
                                "q,j,1,p,s,t,2\nr,j,1,p,y,x,2\n");
    set_options(&run.options, "map:1=A,2=B");
    assert_int_equal(import_run(&run, text, 100, NULL, &err), 0);
    assert_non_null(strstr(items.p, "\"responses\":[\"s\",\"t\"],\"gold\":\"B\""));
    assert_non_null(strstr(items.p, "\"responses\":[\"x\",\"y\"],\"gold\":\"A\""));
}

/* An item that lists the two the other way round turns what was said, whatever the
 * two are called in the end, and a label as shown once for each. */
static void turned_by_any_name(void **state)
{
    (void)state;
    static const struct {
        const char *as, *options, *text, *want;
    } turned[] = {
        {"alpaca-eval", "", ALPACA(",\"preference\":1.25"), "i j -#0 B {B: 0.75,A: 0.25}"},
        {"alpaca-eval", "map:A=first,B=second", ALPACA(",\"preference\":1.25"),
         "i j -#0 second {second: 0.75,first: 0.25}"},
        {"alpaca-eval", "map:A=B,B=A", ALPACA(",\"preference\":1"), "i j -#0 A"},
        {"csv", "map:1=A,2=B", "id,judge,label,prompt,response_a,response_b\ni,j,1,p,x,y\n",
         "i j -#0 B"},
        {"csv", "shown map:1=A,2=B",
         "id,judge,label,order,prompt,response_a,response_b\ni,j,1,BA,p,x,y\ni,j,1,AB,p,x,y\n",
         "i j AB#0 A\ni j BA#0 B"},
    };
    for (size_t i = 0; i < AZ_LEN(turned); i++) {
        AZ_AUTO_BUF got = az_buf(4096);
        struct import_run run = {.as = turned[i].as,
                                 .items = ITEM("i", "\"responses\":[\"y\",\"x\"]")};
        struct az_error err = {0};
        set_options(&run.options, turned[i].options);
        assert_int_equal(import_run(&run, az_str(turned[i].text), 100, &got, &err), 0);
        assert_string_equal(got.p, turned[i].want);
    }
}

static void strict_stops(void **state)
{
    (void)state;
    struct import_run run = {.as = "crowd", .strict = true};
    struct az_error err = {0};
    AZ_AUTO_BUF got = az_buf(4096);
    int r = import_run(&run, AZ_STR("task,worker,label\nt,w,1\nt\nt,w,2\n"), 100, &got, &err);
    assert_int_equal(r, AZ_EINVAL);
    assert_string_equal(err.what, "line 3: 1 cells, fewer than the header");
    assert_string_equal(got.p, "t w -#0 1");
}

static void without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct import_run run = {.as = cases[i].as};
            struct az_error err = {0};
            set_options(&run.options, cases[i].options);
            az_fault_alloc(nth);
            r = import_run(&run, az_str(cases[i].text), 4096, NULL, &err);
            az_fault_alloc(0);
            assert_true(r == 0 || *err.what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_table),
        cmocka_unit_test(replies_table),
        cmocka_unit_test(verdict_table),
        cmocka_unit_test(pattern_table),
        cmocka_unit_test(replies_need_a_question),
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(help_lists_every_form),
        cmocka_unit_test(nul_is_bad),
        cmocka_unit_test(guess_however_it_comes),
        cmocka_unit_test(frames_are_counted),
        cmocka_unit_test(slips_are_told),
        cmocka_unit_test(gold_is_mapped),
        cmocka_unit_test(turned_by_any_name),
        cmocka_unit_test(strict_stops),
        cmocka_unit_test(doubles_are_counted),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
