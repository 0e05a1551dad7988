/* core/mem.h: heap memory that tests can make fail.
 *
 * Pure. Thread-safe, but for az_fault_alloc(), which is for one-thread tests.
 * Everything in assize allocates through these four; free() frees. */
#pragma once
#include "core/base.h"

/* As malloc, calloc, realloc and strdup: NULL when out of memory. */
void *az_alloc(size_t size) AZ_WARN_UNUSED;
void *az_zalloc(size_t size) AZ_WARN_UNUSED;
void *az_realloc(void *p, size_t size) AZ_WARN_UNUSED;
char *az_strdup(const char *s) AZ_WARN_UNUSED;

/* Grow the array *p of elements of `size` bytes to hold `need`; *cap is its
 * capacity in elements. 0 or AZ_ENOMEM, and then nothing changed. */
int az_grow(void *p, size_t *cap, size_t need, size_t size);

/* The nth allocation from now fails (1 = the next); 0 = none does. */
void az_fault_alloc(int nth);
