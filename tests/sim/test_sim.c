/* test_sim [OPTION…]: worlds by their seeds. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/world.h"

static struct world w;
static const char *program;

struct options {
    uint64_t first, count;
    double seconds; /* 0: no limit */
    bool quiet;
    struct world_bounds bounds;
};

static const char usage[] =
    "usage: test_sim [--first N] [--count N] [--seconds N] [--jobs N] [--items N] [--workers N]\n"
    "                [--without MISFORTUNE[,MISFORTUNE…]] [--trace]\n";

/* ---- a shorter trace ---- */

struct found {
    struct world_bounds bounds;
    int steps;
    char what[512];
};

static bool breaks(uint64_t seed, struct world_bounds bounds, struct found *f)
{
    const char *broken = world_run(&w, seed, &bounds);
    if (broken) {
        f->bounds = bounds;
        f->steps = w.steps;
        snprintf(f->what, sizeof(f->what), "%s", broken);
    }
    world_release(&w);
    return broken;
}

/* The same, but for numbers. */
static bool alike(const char *a, const char *b)
{
    while (*a && *b) {
        a += strspn(a, "0123456789");
        b += strspn(b, "0123456789");
        if (*a != *b)
            return false;
        a += *a != 0;
        b += *b != 0;
    }
    return *a == *b;
}

static bool shorter_by(uint64_t seed, struct world_bounds bounds, struct found *f)
{
    struct found less;
    if (!breaks(seed, bounds, &less) || less.steps > f->steps || !alike(less.what, f->what))
        return false;
    *f = less;
    return true;
}

/* Less of one thing at a time, as long as the same still breaks. */
static bool shrink_once(uint64_t seed, struct found *f)
{
    bool shorter = false;
    for (int m = 0; m < MISFORTUNES; m++) {
        struct world_bounds b = f->bounds;
        b.without |= 1u << m;
        shorter = (b.without != f->bounds.without && shorter_by(seed, b, f)) || shorter;
    }
    static const int all[] = {WORLD_JOBS, WORLD_WORKERS, WORLD_ITEMS};
    for (size_t i = 0; i < AZ_LEN(all); i++) {
        struct world_bounds b = f->bounds;
        int *most = i == 0 ? &b.jobs : i == 1 ? &b.workers : &b.items;
        int had = *most ? *most : all[i];
        bool less = false;
        for (*most = 1; *most < had && !less; ++*most)
            less = shorter_by(seed, b, f);
        shorter = shorter || less;
    }
    return shorter;
}

static void print_again(uint64_t seed, const struct found *f)
{
    printf("again: %s --first %llu --count 1", program, (unsigned long long)seed);
    if (f->bounds.jobs)
        printf(" --jobs %d", f->bounds.jobs);
    if (f->bounds.workers)
        printf(" --workers %d", f->bounds.workers);
    if (f->bounds.items)
        printf(" --items %d", f->bounds.items);
    const char *sep = " --without ";
    for (int m = 0; m < MISFORTUNES; m++) {
        if (!(f->bounds.without & 1u << m))
            continue;
        printf("%s%s", sep, misfortune_name(m));
        sep = ",";
    }
    printf(" --trace\n");
    fflush(stdout);
}

static void tell(uint64_t seed, const struct options *o, struct found *f)
{
    printf("seed %llu: %s\n", (unsigned long long)seed, f->what);
    fflush(stdout);
    if (o->bounds.trace || o->quiet)
        return;
    while (shrink_once(seed, f))
        continue;
    printf("the shortest trace found, %d steps: %s\n", f->steps, f->what);
    print_again(seed, f);
    struct found same;
    f->bounds.trace = true;
    (void)breaks(seed, f->bounds, &same);
}

/* ---- seeds ---- */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(const struct options *o)
{
    double began = now_s();
    uint64_t n = 0;
    int64_t steps = 0;
    for (; n < o->count; n++) {
        struct found f;
        if (o->seconds > 0 && now_s() - began > o->seconds)
            break;
        if (breaks(o->first + n, o->bounds, &f)) {
            tell(o->first + n, o, &f);
            printf("found after %llu seeds\n", (unsigned long long)n + 1);
            return 1;
        }
        steps += w.steps;
    }
    printf("%llu seeds from %llu on, %lld steps, %.1f s: all holds\n", (unsigned long long)n,
           (unsigned long long)o->first, (long long)steps, now_s() - began);
    return 0;
}

static bool without(const char *list, unsigned *ret)
{
    char copy[512];
    snprintf(copy, sizeof(copy), "%s", list);
    for (char *rest = copy, *name; (name = strsep(&rest, ","));) {
        int m = 0;
        while (m < MISFORTUNES && strcmp(misfortune_name(m), name))
            m++;
        if (m == MISFORTUNES)
            return false;
        *ret |= 1u << m;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options o = {.first = 1, .count = 300};
    program = argv[0];
    static const struct option options[] = {
        {"first", 1, NULL, 'f'},   {"count", 1, NULL, 'c'},
        {"seconds", 1, NULL, 's'}, {"jobs", 1, NULL, 'j'},
        {"items", 1, NULL, 'i'},   {"workers", 1, NULL, 'w'},
        {"without", 1, NULL, 'o'}, {"trace", 0, NULL, 't'},
        {"quiet", 0, NULL, 'q'},   {0},
    };
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool good = true;
        if (c == 'f')
            o.first = strtoull(optarg, NULL, 10);
        else if (c == 'c')
            o.count = strtoull(optarg, NULL, 10);
        else if (c == 's')
            o.seconds = strtod(optarg, NULL);
        else if (c == 'j')
            o.bounds.jobs = (int)strtol(optarg, NULL, 10);
        else if (c == 'i')
            o.bounds.items = (int)strtol(optarg, NULL, 10);
        else if (c == 'w')
            o.bounds.workers = (int)strtol(optarg, NULL, 10);
        else if (c == 'o')
            good = without(optarg, &o.bounds.without);
        else if (c == 't')
            o.bounds.trace = true;
        else if (c == 'q')
            o.quiet = true;
        else
            good = false;
        if (!good) {
            fputs(usage, stderr);
            return 64;
        }
    }
    return run(&o);
}
