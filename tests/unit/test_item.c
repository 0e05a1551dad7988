#include "core/item.h"

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/item_panels.h"
#include "tests/unit/unit.h"

static void show_text(struct az_buf *b, const char *name, struct az_str s)
{
    if (s.p)
        az_buf_fmt(b, " %s=" AZ_STR_FMT, name, AZ_STR_ARG(s));
}

static void show_list(struct az_buf *b, const char *name, const struct az_str *v, size_t n)
{
    if (v)
        az_buf_fmt(b, " %s=[", name);
    for (size_t i = 0; v && i < n; i++)
        az_buf_fmt(b, "%s" AZ_STR_FMT, i ? "|" : "", AZ_STR_ARG(v[i]));
    if (v)
        az_buf_char(b, ']');
}

/* All but a content hash that serves as id. */
static void show(struct az_buf *b, const struct az_item *item)
{
    char hex[AZ_HASH_HEX + 1];
    az_hash_hex(&item->content, hex);
    if (!az_str_eqz(item->id, hex))
        show_text(b, "id", item->id);
    show_text(b, "prompt", item->prompt);
    show_list(b, "r", item->responses, item->n_responses);
    show_list(b, "by", item->systems, item->n_responses);
    show_text(b, "ref", item->reference);
    show_text(b, "ctx", item->context);
    show_text(b, "turns", item->turns);
    show_text(b, "images", item->images);
    show_text(b, "meta", item->meta);
    show_text(b, "cluster", item->cluster);
    show_text(b, "gold", item->gold_json);
    show_text(b, "unknown", item->gold.unknown);
}

/* What a line becomes: its fields, or "error: …". */
static const char *parsed(const struct az_panel *panel, const char *json, struct az_buf *b)
{
    AZ_AUTO(item) item = NULL;
    struct az_error err = {0};
    az_buf_clear(b);
    int r = az_item_parse(panel, az_str(json), 7, &item, &err);
    if (r < 0) {
        assert_int_equal(r, AZ_EINVAL);
        assert_null(item);
        az_buf_fmt(b, "error: %s", err.what);
    } else {
        show(b, item);
        assert_int_equal(item->line, 7);
        assert_int_equal(item->seq, -1);
    }
    assert_int_equal(az_buf_check(b, NULL), 0);
    return b->n && b->p[0] == ' ' ? b->p + 1 : b->p;
}

static const struct {
    enum az_kind kind;
    const char *json, *want;
} lines[] = {
    /* one text */
    {AZ_CHOICE, "{'id':'q1','prompt':'p','response':'r'}", "id=q1 prompt=p r=[r]"},
    {AZ_CHOICE, "{'text':'r'}", "r=[r]"},
    {AZ_CHOICE, "{'content':'r'}", "r=[r]"},
    {AZ_CHOICE, "{'document':'r'}", "r=[r]"},
    {AZ_CHOICE, "{'output':'r','input':'p'}", "prompt=p r=[r]"},
    {AZ_SCORE, "{'answer':'r','question':'p'}", "prompt=p r=[r]"},
    {AZ_SCORE, "{'response':'','prompt':''}", "prompt= r=[]"},
    {AZ_SCORE, "{'response':null,'text':'r'}", "r=[r]"},
    {AZ_SCORE, "{'prompt':'only'}", "prompt=only"},
    {AZ_SCORE, "{'responses':['x','y']}", "r=[x|y]"},
    {AZ_SCORE, "{'context':'c'}", "ctx=c"},
    {AZ_CHOICE, "{'instruction':'do','input':'this','output':'r'}", "prompt=do\n\nthis r=[r]"},
    {AZ_CHOICE, "{'instruction':'do','input':'','output':'r'}", "prompt=do r=[r]"},
    {AZ_CHOICE, "{'response':'r','systems':'m'}", "r=[r] by=[m]"},
    {AZ_CHOICE, "{}",
     "error: nothing to judge: no 'response' (or text, content, document, output, answer) and no "
     "'prompt' (or instruction, question, input)"},
    {AZ_CHOICE, "{'id':'x','gold':'good'}",
     "error: nothing to judge: no 'response' (or text, content, document, output, answer) and no "
     "'prompt' (or instruction, question, input)"},
    {AZ_CHOICE, "{'response':['r']}", "error: 'response' is an array, expected a string"},
    {AZ_CHOICE, "{'text':3}", "r=[3]"},
    {AZ_SCORE, "{'answer':true,'reference':4.50}", "r=[true] ref=4.5"},
    {AZ_PAIR, "{'responses':[true,'True.']}", "r=[true|True.]"},
    {AZ_PAIR, "{'responses':[12345678901234567891,'x']}",
     "error: 'responses' is a number with more digits than can be kept"},
    {AZ_PAIR, "{'id':'a','chosen':1,'rejected':[]}",
     "error: 'rejected' has no message by the assistant"},
    {AZ_CHOICE, "{'text':{}}", "error: 'text' is an object, expected a string"},
    {AZ_CHOICE, "{'text':'r','reference':[]}", "error: 'reference' is an array, expected a string"},
    {AZ_CHOICE, "{'instruction':7,'input':'x'}",
     "error: 'instruction' is a number, expected a string"},
    {AZ_CHOICE, "{'prompt':true}", "error: 'prompt' is a boolean, expected a string"},
    {AZ_CHOICE, "[1]", "error: the line is an array, expected an object"},
    {AZ_CHOICE, "'x'", "error: the line is a string, expected an object"},
    {AZ_CHOICE, "{'text':'r'", "error: not JSON at byte 10"},
    {AZ_CHOICE, "{'text':'a','text':'b'}", "r=[a]"},
    /* ids */
    {AZ_CHOICE, "{'custom_id':'c','text':'r'}", "id=c r=[r]"},
    {AZ_CHOICE, "{'prompt_id':'c','text':'r'}", "id=c r=[r]"},
    {AZ_CHOICE, "{'question_id':81,'text':'r'}", "id=81 r=[r]"},
    {AZ_CHOICE, "{'pair_id':-1.5,'text':'r'}", "id=-1.5 r=[r]"},
    {AZ_CHOICE, "{'id':1e3,'text':'r'}", "id=1000 r=[r]"},
    {AZ_CHOICE, "{'x':'id','y':[1,{'id':5}],'id' : 12345678901234567891,'text':'r'}",
     "id=12345678901234567891 r=[r]"},
    {AZ_CHOICE, "{'id':-9007199254740993,'text':'r'}", "id=-9007199254740993 r=[r]"},
    {AZ_CHOICE, "{'id':1e300,'text':'r'}",
     "error: 'id' is a number with more digits than can be kept"},
    {AZ_CHOICE, "{'id':'','text':'r'}", "error: 'id' is empty"},
    {AZ_CHOICE, "{'id':[1],'text':'r'}", "error: 'id' is an array, expected a string or a number"},
    {AZ_CHOICE, "{'id':null,'text':'r'}", "r=[r]"},
    /* other fields */
    {AZ_CHOICE, "{'text':'r','expected_output':'e'}", "r=[r] ref=e"},
    {AZ_CHOICE, "{'text':'r','retrieved_contexts':['a','b']}", "r=[r] ctx=a\n\nb"},
    {AZ_CHOICE, "{'text':'r','context':[]}", "r=[r]"},
    {AZ_CHOICE, "{'text':'r','context':['a',3]}",
     "error: 'context' entry 2 is a number, expected a string"},
    {AZ_CHOICE, "{'text':'r','context':{}}",
     "error: 'context' is an object, expected a string or a list of strings"},
    {AZ_CHOICE, "{'text':'r','images':['a.png'],'meta':{'k': 1}}",
     "r=[r] images=['a.png'] meta={'k':1}"},
    {AZ_CHOICE, "{'text':'r','images':3}",
     "error: 'images' is a number, expected a list or a string"},
    {AZ_CHOICE, "{'text':'r','turns':[{'role':'user','content':'hi'}]}",
     "r=[r] turns=[{'role':'user','content':'hi'}]"},
    {AZ_CHOICE, "{'text':'r','turns':'hi'}", "error: 'turns' is a string, expected a list"},
    {AZ_CHOICE, "{'text':'r','cluster':12}", "r=[r] cluster=12"},
    {AZ_CHOICE, "{'text':'r','cluster':''}", "r=[r]"},
    /* gold or reference */
    {AZ_CHOICE, "{'text':'r','label':'good'}", "r=[r] gold='good'"},
    {AZ_CHOICE, "{'text':'r','gold':'bad','label':'good'}", "r=[r] gold='bad'"},
    {AZ_CHOICE, "{'text':'r','target':'good'}", "r=[r] gold='good'"},
    {AZ_CHOICE, "{'text':'r','target':'Paris'}", "r=[r] gold='Paris' unknown='Paris'"},
    {AZ_CHOICE, "{'text':'r','label':'bad','target':'Paris'}", "r=[r] ref=Paris gold='bad'"},
    {AZ_CHOICE, "{'text':'r','label':'bad','target':'bad'}", "r=[r] gold='bad'"},
    {AZ_SCORE, "{'text':'r','target':4}", "r=[r] gold=4"},
    {AZ_SCORE, "{'text':'r','target':'a good text'}", "r=[r] ref=a good text"},
    {AZ_SCORE, "{'text':'r','target':'t','reference':'x'}", "r=[r] ref=x"},
    {AZ_PAIR, "{'responses':['x','y'],'label':'A>B'}", "r=[x|y] gold='A>B'"},
    {AZ_PAIR, "{'responses':['x','y'],'target':'B'}", "r=[x|y] gold='B'"},
    {AZ_PAIR, "{'responses':['x','y'],'target':'so'}", "r=[x|y] ref=so"},
    /* two and more */
    {AZ_PAIR, "{'responses':['x','y'],'systems':['m','n'],'gold':'n'}",
     "r=[x|y] by=[m|n] gold='n'"},
    {AZ_PAIR, "{'responses':{'m':'x','n':'y'},'gold':'n'}", "r=[x|y] by=[m|n] gold='n'"},
    {AZ_PAIR, "{'question':'p','response_A':'x','response_B':'y'}", "prompt=p r=[x|y]"},
    {AZ_PAIR, "{'response_a':'x','response_b':'y'}", "r=[x|y]"},
    {AZ_PAIR, "{'instruction':'p','output_1':'x','output_2':'y','text':'no'}", "prompt=p r=[x|y]"},
    {AZ_BEST, "{'response_1':'x','response_2':'y','response_3':'z'}", "r=[x|y|z]"},
    {AZ_BEST, "{'responses':['x','y','z','u'],'gold':'D'}", "r=[x|y|z|u] gold='D'"},
    {AZ_PAIR, "{'responses':['x','y','z']}", "error: 'responses' has 3 entries, a pair needs 2"},
    {AZ_PAIR, "{'responses':['x']}", "error: 'responses' has 1 entry, a pair needs 2"},
    {AZ_PAIR, "{'responses':[]}", "error: 'responses' has 0 entries, a pair needs 2"},
    {AZ_BEST, "{'responses':['x']}", "error: 'responses' has 1 entry, at least 2 are needed"},
    {AZ_BEST,
     "{'responses':['','','','','','','','','','','','','','','','','','','','','','','','','','',"
     "'']}",
     "error: more than 26 responses"},
    {AZ_PAIR, "{'responses':['x',null]}", "error: 'responses' entry 2 is null, expected a string"},
    {AZ_PAIR, "{'responses':'x'}",
     "error: 'responses' is a string, expected a list of strings or an object {system: text}"},
    {AZ_PAIR, "{'response_A':'x'}", "error: 'responses' has 1 entry, a pair needs 2"},
    {AZ_PAIR, "{'response_A':'x','response_B':[2]}",
     "error: 'response_B' is an array, expected a string"},
    {AZ_PAIR, "{'prompt':'p','response':'r'}",
     "error: no 'responses' (or response_A/response_B, output_1/output_2, chosen/rejected)"},
    {AZ_PAIR, "{'responses':['x','y'],'systems':['m','n','o']}",
     "error: 'systems' has 3 names for 2 responses"},
    {AZ_PAIR, "{'responses':['x','y'],'systems':['m',1]}",
     "error: 'systems' is a number, expected a string"},
    {AZ_PAIR, "{'responses':['x','y'],'systems':{}}",
     "error: 'systems' is an object, expected a list of names"},
    {AZ_PAIR, "{'chosen':'x'}", "error: 'chosen' without 'rejected'"},
    {AZ_PAIR, "{'rejected':'x'}", "error: 'rejected' without 'chosen'"},
    {AZ_PAIR, "{'chosen':[{'role':'user','content':'u'}],'rejected':'x'}",
     "error: 'chosen' has no message by the assistant"},
    /* messages */
    {AZ_CHOICE,
     "{'messages':[{'role':'system','content':'s'},{'role':'user','content':'p'},"
     "{'role':'assistant','content':'r'}]}",
     "prompt=p r=[r] turns=[{'role':'system','content':'s'}]"},
    {AZ_CHOICE, "{'messages':[{'role':'user','content':'p'},{'role':'assistant','content':'r'}]}",
     "prompt=p r=[r]"},
    {AZ_CHOICE,
     "{'prompt':'q','response':'z','messages':[{'role':'user','content':'p'},"
     "{'role':'assistant','content':'r'}]}",
     "prompt=q r=[z] turns=[{'role':'user','content':'p'},{'role':'assistant','content':'r'}]"},
    {AZ_SCORE,
     "{'messages':[{'role':'user','content':[{'type':'text','text':'a'},{'text':'b'}]},"
     "{'role':'assistant','content':'r'},{'role':'user','content':'thanks'}]}",
     "prompt=a\nb r=[r]"},
    {AZ_PAIR,
     "{'responses':['x','y'],'messages':[{'role':'assistant','content':'hi'},"
     "{'role':'user','content':'p'}]}",
     "prompt=p r=[x|y] turns=[{'role':'assistant','content':'hi'}]"},
    {AZ_CHOICE, "{'messages':'p'}", "error: 'messages' is a string, expected a list of messages"},
    {AZ_CHOICE, "{'messages':[{'role':'user'}]}",
     "error: 'messages' entry 1 has no text in 'content'"},
    {AZ_CHOICE, "{'messages':[{'content':'x'}]}", "error: 'messages' entry 1 has no 'role'"},
    {AZ_CHOICE, "{'messages':[{'role':'user','content':[{'type':'image'}]}]}",
     "error: 'messages' entry 1 has content that is not text"},
};

/* Tables read better with ' for ". */
static const char *quoted(const char *from, struct az_buf *b)
{
    az_buf_clear(b);
    for (; *from; from++)
        az_buf_char(b, *from == '\'' ? '"' : *from);
    return b->p;
}

static void lines_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF json = az_buf(65536), want = az_buf(65536), got = az_buf(65536);
    for (size_t i = 0; i < AZ_LEN(lines); i++) {
        struct az_panel panel = panel_of(lines[i].kind);
        bool error = strncmp(lines[i].want, "error", 5) == 0;
        quoted(lines[i].json, &json);
        quoted(lines[i].want, &want);
        parsed(&panel, json.p, &got);
        const char *expect = error ? lines[i].want : want.p;
        const char *is = got.p + (got.p[0] == ' ');
        if (strcmp(is, expect) != 0)
            fail_msg("%s: got '%s', want '%s'", json.p, is, expect);
    }
}

static struct az_item *must_parse(const struct az_panel *panel, const char *json)
{
    struct az_item *item = NULL;
    struct az_error err = {0};
    if (az_item_parse(panel, az_str(json), 1, &item, &err) < 0)
        fail_msg("%s: %s", json, err.what);
    return item;
}

/* Either place comes up, always the same for an id, and gold follows. */
static void chosen_is_placed_by_id(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    int first = 0;
    for (int i = 0; i < 400; i++) {
        char json[160];
        snprintf(
            json, sizeof(json),
            "{\"id\":\"q%d\",\"chosen\":\"good\",\"rejected\":\"poor\",\"systems\":[\"c\",\"r\"]}",
            i);
        AZ_AUTO(item) item = must_parse(&panel, json);
        AZ_AUTO(item) again = must_parse(&panel, json);
        int at = az_str_eqz(item->responses[0], "good") ? 0 : 1;
        first += at == 0;
        assert_true(az_str_eqz(item->responses[at], "good"));
        assert_true(az_str_eqz(item->responses[1 - at], "poor"));
        assert_true(az_str_eqz(item->systems[at], "c"));
        assert_true(az_str_eqz(item->systems[1 - at], "r"));
        assert_int_equal(item->gold.n, 1);
        assert_int_equal(item->gold.labels[0], at);
        assert_true(az_hash_eq(&item->content, &again->content));
    }
    assert_in_range(first, 150, 250);
}

static void chosen_without_id(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    AZ_AUTO(item)
    item = must_parse(&panel, "{\"prompt\":\"p\",\"chosen\":[{\"role\":\"user\","
                              "\"content\":\"p\"},{\"role\":\"assistant\",\"content\":"
                              "\"good\"}],\"rejected\":\"poor\",\"gold\":\"tie\"}");
    assert_int_equal(item->n_responses, 2);
    assert_int_equal(item->gold.labels[0], AZ_LABEL_TIE); /* the line's own gold wins */
    assert_int_equal(item->id.n, AZ_HASH_HEX);
}

/* gold_map for the letters must not turn what chosen/rejected say. */
static void chosen_is_not_translated(void **state)
{
    (void)state;
    struct az_gold_map_row rows[] = {{"A", "B"}, {"B", "A"}};
    struct az_panel panel = panel_of(AZ_PAIR);
    panel.n_gold_map = 2;
    panel.gold_map = rows;
    AZ_AUTO(item)
    item = must_parse(&panel, "{\"id\":\"x\",\"chosen\":\"good\",\"rejected\":\"poor\"}");
    assert_true(az_str_eqz(item->responses[item->gold.labels[0]], "good"));
}

static const struct {
    const char *json, *want;
} mapped[] = {
    {"{'q':'p','meta':{'text':'no'},'answer_x':'1','deep':{'y':'2'}}",
     "prompt=p r=[1|2] by=[X|Y] meta={'text':'no'}"},
    {"{'q':'p','answer_x':'1'}", "error: no 'deep.y', where fields: finds response 2"},
    {"{'answer_x':'1','deep':{'y':'2'}}", "error: no 'q', where fields: finds 'prompt'"},
    {"{'q':'p','answer_x':[],'deep':{'y':'2'}}",
     "error: 'answer_x' is an array, expected a string"},
    {"{'q':'p','deep.y':'2','answer_x':'1'}", "prompt=p r=[1|2] by=[X|Y]"},
};

static void fields_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF json = az_buf(65536), want = az_buf(65536), got = az_buf(65536);
    const char *prompt[] = {"q"}, *paths[] = {"answer_x", "deep.y"}, *systems[] = {"X", "Y"};
    struct az_field_map maps[] = {{"prompt", 1, prompt, NULL}, {"responses", 2, paths, systems}};
    struct az_panel panel = panel_of(AZ_PAIR);
    panel.n_fields = AZ_LEN(maps);
    panel.fields = maps;
    for (size_t i = 0; i < AZ_LEN(mapped); i++) {
        bool error = strncmp(mapped[i].want, "error", 5) == 0;
        const char *is = parsed(&panel, quoted(mapped[i].json, &json), &got);
        const char *expect = error ? mapped[i].want : quoted(mapped[i].want, &want);
        if (strcmp(is, expect) != 0)
            fail_msg("%s: got '%s', want '%s'", json.p, is, expect);
    }
}

/* A key that `fields:` gives away is not taken for something else. */
static void fields_claim_keys(void **state)
{
    (void)state;
    AZ_AUTO_BUF got = az_buf(65536);
    const char *prompt[] = {"text"}, *reference[] = {"target"}, *list[] = {"cands"};
    struct az_field_map maps[] = {{"prompt", 1, prompt, NULL}, {"reference", 1, reference, NULL}};
    struct az_panel panel = panel_of(AZ_CHOICE);
    panel.n_fields = AZ_LEN(maps);
    panel.fields = maps;
    assert_string_equal(
        parsed(&panel, "{\"text\":\"p\",\"answer\":\"r\",\"target\":\"good\"}", &got),
        "prompt=p r=[r] ref=good");

    struct az_field_map one = {"responses", 1, list, NULL};
    panel = panel_of(AZ_BEST);
    panel.n_fields = 1;
    panel.fields = &one;
    assert_string_equal(parsed(&panel, "{\"cands\":[\"x\",\"y\"]}", &got), "r=[x|y]");
    assert_string_equal(parsed(&panel, "{\"responses\":[\"x\",\"y\"]}", &got),
                        "error: no 'cands', where fields: finds responses");
}

static void content_hash(void **state)
{
    (void)state;
    static const char *const lines_of[] = {
        "{\"prompt\":\"p\",\"responses\":[\"x\",\"y\"]}",
        "{\"prompt\":\"p\",\"responses\":[\"y\",\"x\"]}",
        "{\"prompt\":\"q\",\"responses\":[\"x\",\"y\"]}",
        "{\"responses\":[\"x\",\"y\"]}",
        "{\"prompt\":\"\",\"responses\":[\"x\",\"y\"]}",
        "{\"prompt\":\"p\",\"responses\":[\"x\",\"y\"],\"reference\":\"r\"}",
        "{\"prompt\":\"p\",\"responses\":[\"x\",\"y\"],\"context\":\"r\"}",
        "{\"prompt\":\"p\",\"responses\":[\"x\",\"y\"],\"turns\":[]}",
        "{\"prompt\":\"p\",\"responses\":[\"x\",\"y\"],\"images\":[]}",
    };
    struct az_panel panel = panel_of(AZ_PAIR);
    struct az_hash seen[AZ_LEN(lines_of)];
    for (size_t i = 0; i < AZ_LEN(lines_of); i++) {
        AZ_AUTO(item) item = must_parse(&panel, lines_of[i]);
        seen[i] = item->content;
        for (size_t j = 0; j < i; j++)
            assert_false(az_hash_eq(&seen[i], &seen[j]));
    }
    AZ_AUTO(item)
    other = must_parse(&panel, "{\"id\":\"z\",\"meta\":1,\"gold\":\"A\",\"cluster\":\"c\","
                               "\"systems\":[\"m\",\"n\"],\"question\":\"p\","
                               "\"responses\":[\"x\",\"y\"]}");
    assert_true(az_hash_eq(&other->content, &seen[0]));
}

static void clusters(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_CHOICE);
    AZ_AUTO(item) a = must_parse(&panel, "{\"prompt\":\"p\",\"response\":\"x\"}");
    AZ_AUTO(item) b = must_parse(&panel, "{\"prompt\":\"p\",\"response\":\"y\"}");
    AZ_AUTO(item) c = must_parse(&panel, "{\"prompt\":\"q\",\"response\":\"x\",\"cluster\":\"p\"}");
    AZ_AUTO(item) d = must_parse(&panel, "{\"response\":\"x\"}");
    AZ_AUTO(item) e = must_parse(&panel, "{\"response\":\"y\"}");
    assert_true(az_item_cluster(a) == az_item_cluster(b));
    assert_true(az_item_cluster(a) != az_item_cluster(c));
    assert_true(az_item_cluster(d) != az_item_cluster(e));
}

static void pack_round_trip(void **state)
{
    (void)state;
    static const struct {
        enum az_kind kind;
        const char *json;
    } cases[] = {
        {AZ_PAIR,
         "{\"id\":\"q \\u00fc\",\"prompt\":\"p\\n\",\"responses\":{\"m\":\"x\",\"n\":\"\"},"
         "\"reference\":\"r\",\"context\":\"c\",\"turns\":[1,{}],\"images\":[\"i\"],"
         "\"gold\":{\"m\":1,\"n\":3},\"meta\":{\"a\":[null]},\"cluster\":\"k\"}"},
        {AZ_PAIR, "{\"id\":7,\"chosen\":\"x\",\"rejected\":\"y\"}"},
        {AZ_CHOICE, "{\"text\":\"only\"}"},
        {AZ_CHOICE, "{\"text\":\"only\",\"gold\":\"what\"}"},
        {AZ_SCORE, "{\"instruction\":\"i\",\"input\":\"j\",\"target\":[3,4]}"},
        {AZ_BEST, "{\"responses\":[\"x\",\"y\",\"z\"],\"label\":\"C\"}"},
    };
    AZ_AUTO_BUF packed = az_buf(65536), again = az_buf(65536), a = az_buf(65536), b = az_buf(65536);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_panel panel = panel_of(cases[i].kind);
        AZ_AUTO(item) item = must_parse(&panel, cases[i].json);
        AZ_AUTO(item) back = NULL;
        struct az_error err = {0};
        item->seq = 41;
        az_buf_clear(&packed);
        az_item_pack(&packed, item);
        if (az_item_unpack(&panel, az_buf_view(&packed), &back, &err) < 0)
            fail_msg("%s: %s", cases[i].json, err.what);
        az_buf_clear(&again);
        az_item_pack(&again, back);
        assert_true(az_str_eq(az_buf_view(&packed), az_buf_view(&again)));

        az_buf_clear(&a);
        az_buf_clear(&b);
        show(&a, item);
        show(&b, back);
        assert_string_equal(a.p, b.p);
        assert_int_equal(back->seq, 41);
        assert_int_equal(back->line, 1);
        assert_true(az_hash_eq(&item->content, &back->content));
        assert_true(az_item_cluster(item) == az_item_cluster(back));
        assert_int_equal(item->gold.n, back->gold.n);
        for (size_t k = 0; k < item->gold.n; k++) {
            assert_int_equal(item->gold.labels[k], back->gold.labels[k]);
            assert_true(item->gold.weights[k] == back->gold.weights[k]);
        }
    }
}

static void unpack_refuses(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    AZ_AUTO(item)
    item =
        must_parse(&panel, "{\"id\":\"x\",\"responses\":[\"y\",\"z\"],\"systems\":[\"m\",\"n\"]}");
    AZ_AUTO_BUF packed = az_buf(65536);
    az_item_pack(&packed, item);
    /* Cut anywhere it is no item, or one that lacks something at its end. */
    for (size_t n = 0; n < packed.n; n++) {
        struct az_item *back = NULL;
        struct az_error err = {0};
        int r = az_item_unpack(&panel, (struct az_str){packed.p, n}, &back, &err);
        assert_int_equal(r, AZ_EINVAL);
        assert_true(*err.what && !back);
    }
}

static void set_gold_from_elsewhere(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    AZ_AUTO(item) item = must_parse(&panel, "{\"responses\":[\"x\",\"y\"],\"gold\":\"A\"}");
    struct az_error err = {0};
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("\"B\""), &err), 0);
    assert_int_equal(item->gold.labels[0], AZ_LABEL_B);
    assert_true(az_str_eqz(item->gold_json, "\"B\""));
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("B"), &err), AZ_EINVAL);
    assert_string_equal(err.what, "gold: not JSON at byte 0");
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("null"), &err), 0);
    assert_int_equal(item->gold.n, 0);
    assert_null(item->gold_json.p);
}

static void parse_without_memory(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    static const char json[] =
        "{\"prompt\":\"p\",\"responses\":{\"m\":\"x\",\"n\":\"y\"},\"gold\":[\"m\",\"n\"],"
        "\"context\":[\"a\",\"b\"],\"turns\":[1],\"meta\":{},\"cluster\":3}";
    int r = AZ_ENOMEM, failures = 0;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(item) item = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_item_parse(&panel, az_str(json), 1, &item, &err);
        assert_true(r == 0 || (!item && *err.what));
        failures += r != 0;
    }
    az_fault_alloc(0);
    assert_int_equal(r, 0);
    assert_true(failures > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_table),
        cmocka_unit_test(chosen_is_placed_by_id),
        cmocka_unit_test(chosen_without_id),
        cmocka_unit_test(chosen_is_not_translated),
        cmocka_unit_test(fields_table),
        cmocka_unit_test(fields_claim_keys),
        cmocka_unit_test(content_hash),
        cmocka_unit_test(clusters),
        cmocka_unit_test(pack_round_trip),
        cmocka_unit_test(unpack_refuses),
        cmocka_unit_test(set_gold_from_elsewhere),
        cmocka_unit_test(parse_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
