/* tests/fuzz/fuzz.h: what the fuzz targets share. Each reads bytes that nobody
 * vouches for; what it accepts must survive the way back. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/panel.h"
#include "core/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses; the rest is the input. */
static inline unsigned fuzz_choice(struct az_str *in)
{
    if (!in->n)
        return 0;
    unsigned c = (unsigned char)in->p[0];
    in->p++;
    in->n--;
    return c;
}

/* Panels of each kind of question; made once. */
static inline struct az_panel *fuzz_panel_of(unsigned kind)
{
    static const char *const questions[] = {
        "{kind: pair, ties: true, ask: Which?}", "{kind: pair, ties: false, ask: Which?}",
        "{kind: choice, labels: [yes, no, unsure], ask: Which?}",
        "{kind: score, scale: [1, 5], step: 1, ask: How good?}", "{kind: best, ask: Which?}"};
    static struct az_panel *panels[AZ_LEN(questions)];
    kind %= AZ_LEN(questions);
    if (!panels[kind]) {
        AZ_AUTO_BUF b = az_buf(4096);
        az_buf_fmt(&b,
                   "question: %s\nbackends: [{name: g, kind: openai, url: 'http://g/v1'}]\n"
                   "judges: [{name: j, backend: g, model: m}]\n",
                   questions[kind]);
        struct az_panel_source source = {0};
        az_assert(az_panel_parse(b.p, "fuzz.yaml", &source, &panels[kind], NULL) == 0);
    }
    return panels[kind];
}
