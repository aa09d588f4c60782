#include "port.h"

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

#ifndef NS_PER_TICK
#define NS_PER_TICK 40
#endif

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[];
int main(void);

uintptr_t semihost(uintptr_t op, uintptr_t arg)
{
    register uintptr_t r0 __asm__("r0") = op;
    register uintptr_t r1 __asm__("r1") = arg;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void ticks_start(void)
{
    SYST_RVR = 0xffffff;
    SYST_CVR = 0;
    SYST_CSR = 5;
}

uint32_t ticks(void)
{
    return SYST_CVR;
}

uint32_t ticks_between(uint32_t start, uint32_t end)
{
    return ((start - end) & 0xffffff) * NS_PER_TICK;
}

__attribute__((noreturn)) void start(void)
{
    uint32_t *p, *q;

    for (p = data_start, q = data_load; p < data_end;) {
        *p++ = *q++;
    }
    for (p = bss_start; p < bss_end;) {
        *p++ = 0;
    }
    main();
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
    stack_high,
    (void *)start,
    (void *)start,
    (void *)start,
};
