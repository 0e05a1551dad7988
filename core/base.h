/* core/base.h: what every file stands on: integer types, units, ownership
 * helpers and attributes. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/banned.h"

typedef int64_t az_ms;   /* monotonic milliseconds; wall time says so by name */
typedef int64_t az_nusd; /* nano-dollars: 1 USD = 1,000,000,000 */

#define AZ_NUSD_PER_USD INT64_C(1000000000)
#define AZ_NUSD_MAX INT64_MAX /* as a limit: none */

/* Sums of money (never negative) that stay at the largest instead of overflowing. */
static inline az_nusd az_nusd_add(az_nusd a, az_nusd b)
{
    az_nusd sum;
    return __builtin_add_overflow(a, b, &sum) ? AZ_NUSD_MAX : sum;
}

#define AZ_LEN(a) (sizeof(a) / sizeof((a)[0]))
/* Each argument is evaluated once; the counter keeps nested uses apart. */
#define AZ_MIN(a, b) AZ_PICK_(<, a, b, __COUNTER__)
#define AZ_MAX(a, b) AZ_PICK_(>, a, b, __COUNTER__)
#define AZ_PICK_(op, a, b, n) AZ_PICK__(op, a, b, n)
#define AZ_PICK__(op, a, b, n)          \
    ({                                  \
        __typeof__(a) a_##n = (a);      \
        __typeof__(b) b_##n = (b);      \
        a_##n op b_##n ? a_##n : b_##n; \
    })

#define AZ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define AZ_NORETURN __attribute__((noreturn))
#define AZ_UNUSED __attribute__((unused))
#define AZ_WARN_UNUSED __attribute__((warn_unused_result))

/* AZ_AUTO(panel) p = …: freed by az_panel_free() on every way out. The type's
 * header says AZ_FREEP(panel) once. AZ_TAKE(p) gives the pointer away. */
#define AZ_AUTO(name) __attribute__((cleanup(az_##name##_freep))) struct az_##name *
#define AZ_FREEP(name)                                                   \
    static inline AZ_UNUSED void az_##name##_freep(struct az_##name **p) \
    {                                                                    \
        az_##name##_free(*p);                                            \
    }
#define AZ_TAKE(p)                  \
    ({                              \
        __typeof__(p) taken_ = (p); \
        (p) = NULL;                 \
        taken_;                     \
    })

/* The same for plain heap memory: AZ_AUTO_MEM char *s = strdup(…). */
#define AZ_AUTO_MEM __attribute__((cleanup(az_mem_freep)))
void az_mem_freep(void *pointer_to_pointer);

/* A bug stops the program, in release builds too. Never for input. */
#define az_assert(cond)                                  \
    do {                                                 \
        if (__builtin_expect(!(cond), 0))                \
            az_assert_failed(#cond, __FILE__, __LINE__); \
    } while (0)
void az_assert_failed(const char *cond, const char *file, int line) AZ_NORETURN;
