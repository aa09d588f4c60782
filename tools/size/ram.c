/* The memory of the lamp (lamp.h), object by object: places a host in memory of a 32-bit machine
 * and writes a line for each thing that is in it. Built for the machine of the table, run under
 * user-mode emulation: system calls are those of Linux for ARM. */
#include <string.h>

#include "lamp.h"
#include "host_priv.h"
#include "smp/smp_priv.h"

static uint64_t mem[4096];
static size_t sum;

static long system_call(long number, long a, const void *b, size_t c)
{
    register long r7 __asm__("r7") = number;
    register long r0 __asm__("r0") = a;
    register const void *r1 __asm__("r1") = b;
    register size_t r2 __asm__("r2") = c;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}

static void row(const char *object, size_t count, size_t octets)
{
    char line[80];
    size_t n = strlen(object);
    memcpy(line, object, n);
    for (size_t column = 0; column < 2; column++) {
        size_t v = column ? count * octets : count;
        size_t at = sizeof(line);
        char digits[sizeof(line)];
        do
            digits[--at] = (char)('0' + v % 10);
        while (v /= 10);
        line[n++] = '|';
        memcpy(line + n, digits + at, sizeof(line) - at);
        n += sizeof(line) - at;
    }
    line[n++] = '\n';
    system_call(4, 1, line, n);
    sum += count * octets;
}

static void pool(const char *object, const struct woad_pool *p)
{
    row(object, p->count, woad_pool_mem_size(p->count, p->buf_size) / p->count);
}

/* An empty store, and numbers that are not random: the memory is the same. */
static long get(void *ctx, uint32_t key, void *to, size_t size)
{
    (void)ctx, (void)key, (void)to, (void)size;
    return WOAD_ERR_NOT_FOUND;
}

static int put(void *ctx, const struct woad_store_item *items, size_t count)
{
    (void)ctx, (void)items, (void)count;
    return 0;
}

static int next(void *ctx, uint32_t *key)
{
    (void)ctx, (void)key;
    return WOAD_ERR_NOT_FOUND;
}

static const struct woad_store_ops store_ops = {get, put, next, NULL};
struct woad_store board_store = {&store_ops, NULL};

void board_random(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    memset(to, 0, len);
}

int psa_crypto_init(void);
int psa_generate_random(uint8_t *to, size_t len);

int psa_crypto_init(void)
{
    return 0;
}

int psa_generate_random(uint8_t *to, size_t len)
{
    board_random(NULL, to, len);
    return 0;
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg, (void)h, (void)evt;
}

static void table(const struct woad_host *h, const struct woad_host_cfg *cfg)
{
    static const char *const names[] = {
        [HOST_PART_ATT] = "ATT: bearer and PDUs",
        [HOST_PART_GATTS] = "GATT server: client, subscriptions, index, own services",
        [HOST_PART_SMP] = "SMP without its bonds: one pairing, keys"};
    row("host: start-up, commands, advertising, timers", 1, sizeof(struct woad_host));
    row("link", h->cfg.max_conns, sizeof(struct host_link));
    row("PDU being put together, one a link", h->cfg.max_conns, h->asm_size);
    row("command of the application's own", h->cfg.cmd_count,
        sizeof(struct host_raw_cmd) + h->cfg.cmd_len);
    for (uint8_t i = 0; i < h->part_count; i++) {
        const struct woad_host_part *part = h->parts[i];
        bool smp = part->id == HOST_PART_SMP;
        const void *part_cfg = part->id == HOST_PART_GATTS ? (const void *)&lamp_gatts
                               : smp                       ? (const void *)&lamp_smp
                                                           : NULL;
        size_t bonds = smp ? lamp_smp.max_bonds * sizeof(struct smp_slot) : 0;
        row(names[part->id], 1, part->mem_size(cfg, part_cfg) - bonds);
    }
    row("bond", lamp_smp.max_bonds, sizeof(struct smp_slot));
    pool("buffer: commands", &h->cmd_pool);
    pool("buffer: data to the controller, cut", &h->acl_pool);
    pool("buffer: signalling and SMP", &h->sig_pool);
    pool("buffer: events", &h->evt_pool);
    pool("buffer: advertising reports", &h->report_pool);
    pool("buffer: data from the controller", &h->rx_pool);
    row("padding", 1, woad_host_mem_size(cfg) - sum);
    row("attribute, its table is in flash", 20, 0);
    row("service", 3, sizeof(struct woad_gatt_service));
    row("value in memory", 2, sizeof(struct woad_gatt_value));
    row("total", 1, sum);
}

int main(void);

int main(void)
{
    static const struct woad_host_use parts[] = {{&woad_gatts_basic_part, &lamp_gatts},
                                                 {&woad_smp_peripheral_part, &lamp_smp},
                                                 {NULL, NULL}};
    const struct woad_host_cfg cfg = LAMP_HOST(on_event, parts);
    struct woad_host *h;
    int err = woad_host_init(mem, sizeof(mem), &cfg, &h);
    if (!err)
        table(h, &cfg);
    system_call(1, err ? 1 : 0, NULL, 0);
    return err;
}
