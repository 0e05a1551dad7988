#include "core/roff.h"

/* roff reads bytes; what is not ASCII has a name there. Returns its last byte. */
static const char *put_wide(struct az_buf *b, const char *text)
{
    unsigned char first = (unsigned char)*text;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    unsigned code = first & (0x3fU >> more);
    for (; more > 0 && ((unsigned char)text[1] & 0xc0) == 0x80; more--)
        code = code << 6 | ((unsigned char)*++text & 0x3f);
    az_buf_fmt(b, "\\[u%04X]", code);
    return text;
}

void az_roff(struct az_buf *b, const char *text)
{
    bool begins = true;
    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\''))
            az_buf_z(b, "\\&");
        begins = *text == '\n';
        if (*text == '\\')
            az_buf_z(b, "\\e");
        else if (*text == '-')
            az_buf_z(b, "\\-");
        else if ((unsigned char)*text >= 0x80)
            text = put_wide(b, text);
        else
            az_buf_char(b, *text);
    }
}

void az_roff_head(struct az_buf *b, int section, const char *part, const char *name,
                  const char *summary)
{
    az_buf_z(b, ".\\\" written by the program from its tables\n.TH ");
    for (const char *c = name; *c; c++)
        az_buf_char(b, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    az_buf_fmt(b, " %d \"\" \"assize %s\" \"%s\"\n.SH NAME\n", section, ASSIZE_VERSION, part);
    az_roff(b, name);
    az_buf_z(b, " \\- ");
    az_roff(b, summary);
    az_buf_z(b, "\n.SH SYNOPSIS\n");
}

void az_roff_option(struct az_buf *b, const struct az_opt *o)
{
    az_buf_z(b, ".TP\n");
    if (o->brief)
        az_buf_fmt(b, "\\fB\\-%c\\fR, ", o->brief);
    az_buf_z(b, "\\fB\\-\\-");
    az_roff(b, o->name);
    az_buf_z(b, "\\fR");
    if (o->arg) {
        az_buf_z(b, " \\fI");
        az_roff(b, o->arg);
        az_buf_z(b, "\\fR");
    }
    az_buf_char(b, '\n');
    az_roff(b, o->help);
    az_buf_char(b, '\n');
}

void az_roff_item(struct az_buf *b, bool bold, const char *tag, const char *text)
{
    az_buf_z(b, bold ? ".TP\n\\fB" : ".TP\n");
    az_roff(b, tag);
    az_buf_z(b, bold ? "\\fR\n" : "\n");
    az_roff(b, text);
    az_buf_char(b, '\n');
}
