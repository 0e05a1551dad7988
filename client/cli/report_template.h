/* client/cli/report_template.h: the bytes of client/web/report.html; the build makes
 * them (cmake/embed.cmake). "@DATA@" stands once where the JSON goes. */
#pragma once
#include <stddef.h>

extern const unsigned char az_report_template[];
extern const size_t az_report_template_n;
