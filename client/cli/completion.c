/* Shell completions. */
#include "client/cli/manual.h"
#include "core/str.h"

/* The words of "[pair|score|choice]", with spaces between; nothing of "PANEL". */
static void words_of(struct az_buf *b, const char *args)
{
    if (args[0] != '[' || !strchr(args, '|'))
        return;
    for (const char *c = args + 1; *c && *c != ']'; c++)
        az_buf_char(b, *c == '|' ? ' ' : *c);
}

static void bash_command(struct az_buf *b, const struct az_command *c)
{
    az_buf_fmt(b, "    %s)\n        options='--help", c->name);
    for (const struct az_opt *o = c->options; o->name; o++)
        az_buf_fmt(b, " --%s", o->name);
    az_buf_z(b, "'\n        words='");
    words_of(b, c->args);
    az_buf_z(b, "'\n        ;;\n");
}

void az_manual_bash(struct az_buf *b)
{
    az_buf_z(b, "# bash completion of assize, written by the program from its tables\n"
                "_assize() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} options='' words=''\n"
                "    COMPREPLY=()\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -W '--help --version");
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++)
        az_buf_fmt(b, " %s", (*c)->name);
    az_buf_z(b, "' -- \"$cur\")\n"
                "        return\n"
                "    fi\n"
                "    case ${COMP_WORDS[1]} in\n");
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++)
        bash_command(b, *c);
    az_buf_z(b, "    esac\n"
                "    if [ \"${cur#-}\" != \"$cur\" ]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
                "    else\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"; "
                "compgen -f -- \"$cur\")\n"
                "    fi\n"
                "}\n"
                "complete -o filenames -F _assize assize\n");
}

/* Inside '…' and […] of _arguments, and for _describe. */
static void zsh_text(struct az_buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            az_buf_z(b, "'\\''");
        else if (strchr("[]:\\", *text))
            az_buf_fmt(b, "\\%c", *text);
        else
            az_buf_char(b, *text);
    }
}

static void zsh_option(struct az_buf *b, const struct az_opt *o)
{
    const char *many = o->type == AZ_OPT_LIST ? "*" : "";
    az_buf_z(b, " \\\n            ");
    if (o->brief)
        az_buf_fmt(b, "'(-%c --%s)'{-%c,--%s}'[", o->brief, o->name, o->brief, o->name);
    else
        az_buf_fmt(b, "'%s--%s[", many, o->name);
    zsh_text(b, o->help);
    az_buf_char(b, ']');
    if (o->arg) {
        az_buf_char(b, ':');
        zsh_text(b, o->arg);
        az_buf_z(b, ":_files");
    }
    az_buf_char(b, '\'');
}

static void zsh_command(struct az_buf *b, const struct az_command *c)
{
    AZ_AUTO_BUF words = az_buf(1 << 12);
    words_of(&words, c->args);
    az_buf_fmt(b, "    %s)\n        _arguments -s", c->name);
    for (const struct az_opt *o = c->options; o->name; o++)
        zsh_option(b, o);
    if (words.n)
        az_buf_fmt(b, " \\\n            '1:what:(%s)'\n        ;;\n", words.p);
    else
        az_buf_z(b, " \\\n            '*:file:_files'\n        ;;\n");
}

void az_manual_zsh(struct az_buf *b)
{
    az_buf_z(b, "#compdef assize\n"
                "# zsh completion of assize, written by the program from its tables\n"
                "_assize() {\n"
                "    local -a commands\n"
                "    commands=(\n");
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++) {
        az_buf_fmt(b, "        '%s:", (*c)->name);
        zsh_text(b, (*c)->summary);
        az_buf_z(b, "'\n");
    }
    az_buf_z(b, "    )\n"
                "    if (( CURRENT == 2 )); then\n"
                "        _describe command commands\n"
                "        return\n"
                "    fi\n"
                "    local command=$words[2]\n"
                "    words=(\"${(@)words[2,-1]}\")\n"
                "    (( CURRENT-- ))\n"
                "    case $command in\n");
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++)
        zsh_command(b, *c);
    az_buf_z(b, "    esac\n"
                "}\n"
                "_assize \"$@\"\n");
}
