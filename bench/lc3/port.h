/* What the benchmark needs of a core. */
#ifndef WOAD_BENCH_PORT_H
#define WOAD_BENCH_PORT_H

#include <stdint.h>

extern uint32_t stack_low[], stack_high[]; /* linker script */

uintptr_t semihost(uintptr_t op, uintptr_t arg);
void ticks_start(void);
uint32_t ticks(void);
uint32_t ticks_between(uint32_t start, uint32_t end); /* in instructions */

#if PORT_HOST
static inline void stack_paint(void) {}

static inline uint32_t stack_used(void)
{
    return 0;
}
#else
/* Watermark below the caller's frame. */
static inline void stack_paint(void)
{
    uint32_t *top = (uint32_t *)__builtin_frame_address(0) - 64;

    for (uint32_t *p = stack_low; p < top; p++) {
        *p = 0xa5a5a5a5;
    }
}

static inline uint32_t stack_used(void)
{
    uint32_t *p = stack_low;

    while (*p == 0xa5a5a5a5) {
        p++;
    }
    return (uint32_t)((uintptr_t)__builtin_frame_address(0) - (uintptr_t)p);
}
#endif

#endif
