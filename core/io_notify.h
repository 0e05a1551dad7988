/* core/io_notify.h: what a service tells the systemd that started it. Edge; any
 * thread. Nothing happens where no systemd listens. */
#pragma once
#include "core/base.h"

void az_notify_ready(void); /* also after reloading */
void az_notify_reloading(void);
void az_notify_stopping(void);
/* One line for `systemctl status`. */
void az_notify_status(const char *fmt, ...) AZ_PRINTF(1, 2);

/* How often az_notify_alive() must be called, half of what systemd waits for; 0 =
 * never. Call it from the loop that does the work, so that one that hangs is
 * noticed. */
az_ms az_notify_alive_ms(void);
void az_notify_alive(void);
