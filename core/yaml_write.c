#include "core/yaml_write.h"

#include "core/json.h"
#include "core/yaml.h"

/* Length of a character at `p` that YAML does not print as it is, though JSON
 * does: C1 controls, line and paragraph separators, the byte order mark, and
 * U+FFFE and U+FFFF; 0 = none. */
static size_t special(struct az_str s, unsigned *code)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n >= 2 && p[0] == 0xc2 && p[1] < 0xa0) {
        *code = p[1];
        return 2;
    }
    if (s.n < 3 || (p[0] != 0xe2 && p[0] != 0xef))
        return 0;
    *code = (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
    bool yes =
        *code == 0x2028 || *code == 0x2029 || *code == 0xfeff || *code == 0xfffe || *code == 0xffff;
    return yes ? 3 : 0;
}

void az_yaml_put_json(struct az_buf *b, struct az_str json)
{
    while (json.n) {
        unsigned code;
        size_t n = special(json, &code);
        if (n)
            az_buf_fmt(b, "\\u%04x", code);
        else
            az_buf_put(b, json.p, n = 1);
        json = (struct az_str){json.p + n, json.n - n};
    }
}

/* What a reader of YAML 1.1 takes for a truth value; others read panels, too. */
static bool is_switch(struct az_str s)
{
    static const char *const words[] = {"y", "n", "yes", "no", "on", "off"};
    for (size_t i = 0; i < AZ_LEN(words); i++) {
        if (az_str_eqz_nocase(s, words[i]))
            return true;
    }
    return false;
}

static bool is_word(struct az_str s)
{
    if (!s.n || s.n > 60)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool inner = (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/';
        if (!letter && !(i && inner))
            return false;
    }
    return az_yaml_plain_type(s) == AZ_Y_TEXT && !is_switch(s);
}

void az_yaml_put_text(struct az_buf *b, struct az_str text)
{
    if (is_word(text)) {
        az_buf_str(b, text);
        return;
    }
    AZ_AUTO_BUF quoted = az_buf(b->max);
    struct az_jw w = az_jw(&quoted);
    az_jw_str(&w, text);
    if (az_buf_check(&quoted, NULL) < 0)
        b->failed = b->failed ? b->failed : quoted.failed;
    else
        az_yaml_put_json(b, az_buf_view(&quoted));
}

/* May it stand in a literal block? Only characters that need no escape; and
 * nothing whose white space an editor or a parser may take away. */
static bool is_block(struct az_str s)
{
    unsigned code;
    if (!s.n || !memchr(s.p, '\n', s.n) || s.p[0] == '\n' || s.p[0] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool end = i + 1 == s.n || s.p[i + 1] == '\n';
        if ((c < 0x20 && c != '\n') || c == 0x7f || (c == ' ' && end))
            return false;
        if (special((struct az_str){s.p + i, s.n - i}, &code))
            return false;
    }
    return true;
}

void az_yaml_put_block(struct az_buf *b, struct az_str text, int indent)
{
    if (!is_block(text)) {
        az_yaml_put_text(b, text);
        return;
    }
    bool ends = text.p[text.n - 1] == '\n';
    bool keeps = ends && text.n > 1 && text.p[text.n - 2] == '\n';
    az_buf_z(b, keeps ? "|+" : ends ? "|" : "|-");
    struct az_str line;
    while (az_str_line(&text, &line)) {
        az_buf_fmt(b, "\n%*s", line.n ? indent : 0, "");
        az_buf_str(b, line);
    }
}
