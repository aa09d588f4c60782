/* What every unit test includes: cmocka wants its four headers in front. */
#ifndef WOAD_TEST_H
#define WOAD_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "woad/config.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* In a list of tests: one whose pools fail by struct woad_pool.fail_at, left out of a build without
 * that hook. */
#define TEST_OF_ALLOC_FAULTS(...)                                                                  \
    (WOAD_ALLOC_FAULTS ? (struct CMUnitTest)__VA_ARGS__ : (struct CMUnitTest){0})

/* A small repeatable generator; the seed is printed by whoever fails with it. */
static inline uint32_t test_rand(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
