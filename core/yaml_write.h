/* core/yaml_write.h: YAML out, in a form that yaml.h reads back to the same
 * text, byte for byte. Pure. Text must be UTF-8 without NUL. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/str.h"

/* A text on one line: as it is when it is a plain word, else in quotes. */
void az_yaml_put_text(struct az_buf *b, struct az_str text);

/* A text after "key: ", in a block below when it has lines, which are indented
 * by `indent` spaces. No newline at the end in either case. */
void az_yaml_put_block(struct az_buf *b, struct az_str text, int indent);

/* JSON, which is YAML but for a few characters that YAML wants escaped. */
void az_yaml_put_json(struct az_buf *b, struct az_str json);
