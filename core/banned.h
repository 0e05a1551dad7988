/* core/banned.h: calls that read or write past their ends, or hide a failed
 * conversion, do not compile. Use buf.h, str.h and number.h. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AZ_BANNED(name) az_##name##_is_banned
#undef strcpy
#define strcpy(d, s) AZ_BANNED(strcpy)
#undef strcat
#define strcat(d, s) AZ_BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) AZ_BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) AZ_BANNED(strncat)
#undef sprintf
#define sprintf(...) AZ_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) AZ_BANNED(vsprintf)
#undef strtok
#define strtok(s, d) AZ_BANNED(strtok)
#undef atoi
#define atoi(s) AZ_BANNED(atoi)
#undef atol
#define atol(s) AZ_BANNED(atol)
#undef atof
#define atof(s) AZ_BANNED(atof)
