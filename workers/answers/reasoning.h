/* workers/answers/reasoning.h: what a model thought before it answered. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

/* Cut `content` into reasoning and answer (both borrowed from it) at its last
 * "</think>"; a model whose prompt opened the tag writes only the closing one.
 * An answer that is one JSON object is left whole: a tag inside it is quoted.
 * Returns true when a <think> at the start is never closed: all of it is
 * reasoning, and there is no answer. Without tags *reasoning is {NULL, 0}. */
bool az_reasoning_split(struct az_str content, struct az_str *reasoning, struct az_str *answer);
