/* client/cli/io_keyboard.h: one key at a time from stdin. Edge.
 *
 * On a terminal a key comes without Enter and is not echoed; what the terminal was is
 * put back when it is closed, and when a signal ends the program. Elsewhere (a pipe)
 * every byte is a key but for white space at the ends of lines. One at a time. */
#pragma once
#include "core/base.h"

struct az_keyboard {
    bool terminal;
};

void az_keyboard_open(struct az_keyboard *k);
void az_keyboard_close(struct az_keyboard *k);

/* The next key; -1: no more will come. Escape sequences (arrows) are one key, 27. */
int az_keyboard_next(struct az_keyboard *k);
