/* The memory of a host as the module opens it, in octets, with the limits that it was compiled with:
 * on the 32-bit machine of the table, under user-mode emulation (system calls are those of Linux for
 * ARM). Lines "name|octets". */
#include "mp_woad.h"

#include <string.h>

static uint64_t memory[1 << 17];
static size_t used, largest;

void *board_alloc(size_t size)
{
    void *p = (uint8_t *)memory + used;
    used += (size + 7) & ~(size_t)7;
    if (size > largest)
        largest = size;
    return used <= sizeof(memory) ? p : NULL;
}

void board_free(void *p)
{
    (void)p;
}

static long system_call(long number, long a, const void *b, size_t c)
{
    register long r7 __asm__("r7") = number;
    register long r0 __asm__("r0") = a;
    register const void *r1 __asm__("r1") = b;
    register size_t r2 __asm__("r2") = c;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}

static void row(const char *name, size_t octets)
{
    char line[80];
    size_t at = sizeof(line);
    line[--at] = '\n';
    do
        line[--at] = (char)('0' + octets % 10);
    while (octets /= 10);
    line[--at] = '|';
    at -= strlen(name);
    memcpy(line + at, name, strlen(name));
    system_call(4, 1, line + at, sizeof(line) - at);
}

/* Cryptography that is there, with numbers that are not random: the memory is the same. */
int32_t psa_crypto_init(void);
int32_t psa_crypto_init(void)
{
    return 0;
}

int32_t psa_generate_random(uint8_t *to, size_t size);
int32_t psa_generate_random(uint8_t *to, size_t size)
{
    memset(to, 1, size);
    return 0;
}

static struct mpw state;

void _start(void)
{
    struct mpw *m = &state;
    m->mtu = 256;
    m->policy.no_bonding = true;
    m->policy.legacy = &woad_smp_legacy;
    m->policy.max_bonds = WOAD_MPY_BONDS;
    m->policy.min_key_size = 7;
    m->file_mem = memory; /* not counted: it holds bonds, not links */
    int err = mpw_host_open(m);
    row("error", (size_t)-err);
    row("host", largest);
    row("module", sizeof(struct mpw));
    row("link", sizeof(struct mpw_link));
    row("channel", sizeof(struct mpw_chan));
    system_call(1, err ? 1 : 0, NULL, 0);
}
