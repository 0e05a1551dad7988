/* client/cli/import/tell.h: what an import came to, for whoever typed it. Pure. */
#pragma once
#include "client/cli/import/import.h"

/* A line or a few, each with its newline. */
void az_import_tell(struct az_buf *b, const struct az_import *im);
