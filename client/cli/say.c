/* What a command tells its user on stderr. */
#include <stdarg.h>

#include "client/cli/command.h"
#include "client/cli/foretell.h"
#include "client/cli/human.h"
#include "core/wrap.h"

/* Items, judges and peers have a say in messages: no text moves the cursor. */
static void put(const char *before, const char *text)
{
    AZ_AUTO_BUF b = az_buf(1 << 16);
    az_human_text(&b, az_str(text), AZ_WRAP_NONE);
    fprintf(stderr, "%s%s\n", before, b.p ? b.p : "");
}

int az_report(const struct az_error *err, int code)
{
    put("assize: ", err->what);
    if (*err->hint)
        put("        ", err->hint);
    return code;
}

void az_say(const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    put("assize: ", line);
}

void az_say_promises(const struct az_panel *panel)
{
    AZ_AUTO_BUF b = az_buf(1 << 12);
    az_foretell(&b, panel);
    if (b.n)
        az_say("promised: %s", b.p);
}
