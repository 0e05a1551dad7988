/* core/arena.h: allocate together, free together: an arena per item, panel or
 * message. Pure; not thread-safe. Memory is aligned for any type. */
#pragma once
#include "core/base.h"
#include "core/str.h"

struct az_arena;

/* NULL when out of memory. `first` is the size of the first block in bytes. */
struct az_arena *az_arena_new(size_t first);
void az_arena_free(struct az_arena *a); /* NULL is fine */
AZ_FREEP(arena)

/* NULL when out of memory; zeroed. */
void *az_arena_zalloc(struct az_arena *a, size_t size) AZ_WARN_UNUSED;
/* Not zeroed: for who fills it. */
void *az_arena_alloc(struct az_arena *a, size_t size) AZ_WARN_UNUSED;

/* A NUL-terminated copy; NULL when out of memory. */
char *az_arena_strdup(struct az_arena *a, const char *s) AZ_WARN_UNUSED;
char *az_arena_strndup(struct az_arena *a, const char *s, size_t n) AZ_WARN_UNUSED;

/* A copy as a slice (NUL-terminated as well); .p is NULL when out of memory. */
struct az_str az_arena_str(struct az_arena *a, struct az_str s) AZ_WARN_UNUSED;

/* Forget everything allocated; the newest block is kept for what comes next. */
void az_arena_reset(struct az_arena *a);

/* Bytes taken from the heap so far. */
size_t az_arena_bytes(const struct az_arena *a);
