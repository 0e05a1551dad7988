/* tests/unit/sched_panels.h: what is asked in the stories of the scheduler. */
#pragma once
#include "tests/unit/sched_scene.h"

#define HEAD                                                  \
    "question: {kind: choice, labels: [A, B], ask: Which?}\n" \
    "backends:\n"                                             \
    "  - {name: gpu, kind: openai, url: 'http://gpu/v1'}\n"   \
    "  - {name: api, kind: openai, url: 'http://api/v1'}\n"
#define PAID "usd_per_mtok: {input: 1000, output: 1000}, max_tokens: 100"

static const char two[] = HEAD "judges:\n"
                               "  - {name: a, backend: gpu, model: m}\n"
                               "  - {name: b, backend: gpu, model: n}\n";
static const char split[] = HEAD "judges:\n"
                                 "  - {name: a, backend: gpu, model: m}\n"
                                 "  - {name: b, backend: api, model: n}\n";
static const char debate[] = HEAD "judges:\n"
                                  "  - {name: a, backend: gpu, model: m}\n"
                                  "  - {name: b, backend: gpu, model: n}\n"
                                  "policy: {kind: debate, rounds: 2}\n";
static const char early[] = HEAD "judges:\n"
                                 "  - {name: a, backend: gpu, model: m}\n"
                                 "  - {name: b, backend: gpu, model: n}\n"
                                 "  - {name: c, backend: gpu, model: o}\n"
                                 "policy: {kind: vote, early_stop: true, audit: 0}\n";

static const char brisk[] = HEAD "judges:\n"
                                 "  - {name: a, backend: gpu, model: m}\n"
                                 "  - {name: b, backend: gpu, model: n}\n"
                                 "limits: {item_s: 50}\n";
static const char paid[] = HEAD "judges:\n"
                                "  - {name: a, backend: gpu, model: m, " PAID "}\n"
                                "limits: {usd: %s}\n";

enum { LINES = 24 };

static inline void scene_paid(struct scene *s, const char *usd, az_nusd spent)
{
    char yaml[1024];
    snprintf(yaml, sizeof(yaml), paid, usd);
    scene_init(s, yaml, spent);
}
