/* tests/unit/openai_replies.h: parts of what a chat completion server says. Needs
 * cmocka's headers before it. */
#pragma once
#include "tests/unit/ask.h"

#define OK_HEAD \
    "{\"model\":\"m-2024\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
#define USAGE                                                    \
    "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20," \
    "\"prompt_tokens_details\":{\"cached_tokens\":64},"          \
    "\"completion_tokens_details\":{\"reasoning_tokens\":7}}"
#define ERR(message, param, code)                                                                 \
    "{\"error\":{\"message\":\"" message "\",\"type\":\"invalid_request_error\",\"param\":" param \
    ",\"code\":" code "}}"

static inline char letter_of(enum az_trouble t)
{
    return "-rsli"[t];
}
