/* What every unit test includes: cmocka wants its four headers in front. */
#ifndef WOAD_TEST_H
#define WOAD_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A small repeatable generator; the seed is printed by whoever fails with it. */
static inline uint32_t test_rand(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
