#include "port.h"

int main(void);

uintptr_t semihost(uintptr_t op, uintptr_t arg)
{
    register uintptr_t a0 __asm__("a0") = op;
    register uintptr_t a1 __asm__("a1") = arg;

    __asm__ volatile(".option push\n.option norvc\n.balign 16\nslli x0, x0, 0x1f\nebreak\n"
                     "srai x0, x0, 7\n.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

void ticks_start(void) {}

uint32_t ticks(void)
{
    uint32_t v;

    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop"
                     : "=r"(v));
    return v;
}

uint32_t ticks_between(uint32_t start, uint32_t end)
{
    return end - start;
}

__asm__(".section .vectors, \"ax\"\n.globl start\nstart: la sp, stack_high\n"
        ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "call main\n1: j 1b\n.text");
