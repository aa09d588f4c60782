/* examples/sync_read.c: a script in C. Connects to a device by its name, reads a characteristic,
 * and prints three notifications if it has them; each line waits for what it does.
 *
 *     sync_read tcp:localhost:9000 lamp 2a19
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "woad/runtime.h"
#include "woad/sync.h"
#include "woad/transport_uri.h"

#define PATIENCE WOAD_S(10)

static struct woad_sync sync;

static void fill_random(void *arg, uint8_t *to, size_t len)
{
    if (getrandom(to, len, 0) != (ssize_t)len)
        abort();
    (void)arg;
}

static void print(const char *what, const uint8_t *value, long len)
{
    printf("%s", what);
    for (long i = 0; i < len; i++)
        printf(" %02x", value[i]);
    printf("\n");
}

static int listen(uint16_t conn, const struct woad_gattc_chr *chr, uint16_t ccc)
{
    static struct woad_sync_sub sub;
    static uint8_t ring[2048];
    uint8_t value[512];
    int err = woad_sync_subscribe(&sync, conn, &sub, chr->value_handle, ccc, WOAD_GATTC_NOTIFY,
                                  ring, sizeof(ring), PATIENCE);
    for (unsigned i = 0; i < 3 && err == 0; i++) {
        long len = woad_sync_next(&sub, value, sizeof(value), PATIENCE);
        if (len < 0)
            return (int)len;
        print("notified", value, len);
    }
    return err ? err : woad_sync_unsubscribe(&sub, PATIENCE);
}

static int script(const char *name, const struct woad_uuid *uuid)
{
    static uint16_t mem[4096];
    static struct woad_gattc_db db = {.mem = mem, .size = sizeof(mem)};
    uint8_t value[512];
    struct woad_addr addr;
    struct woad_gattc_chr chr;
    uint16_t conn, ccc;
    int err = woad_sync_start(&sync, PATIENCE);
    if (err == 0)
        err = woad_sync_find(&sync, name, &addr, PATIENCE);
    if (err == 0)
        err = woad_sync_connect(&sync, &addr, NULL, &conn, PATIENCE);
    if (err == 0)
        err = woad_sync_discover(&sync, conn, &db, PATIENCE);
    if (err == 0)
        err = woad_sync_find_value(&sync, &db, NULL, uuid, &chr, &ccc);
    if (err < 0)
        return err;
    long len = woad_sync_read(&sync, conn, chr.value_handle, value, sizeof(value), PATIENCE);
    if (len < 0)
        return (int)len;
    print("read", value, len);
    if (chr.properties & WOAD_GATTC_CAN_NOTIFY)
        err = listen(conn, &chr, ccc);
    return err ? err : woad_sync_disconnect(&sync, conn, PATIENCE);
}

int main(int argc, char **argv)
{
    static const struct woad_smp_cfg smp = {0};
    const struct woad_host_use parts[] = {
        {&woad_smp_part, &smp}, {&woad_gattc_part, NULL}, {NULL, NULL}};
    struct woad_host_cfg cfg = {
        .event = woad_sync_event, .event_arg = &sync, .rand = fill_random, .parts = parts};
    size_t len = woad_host_mem_size(&cfg);
    void *mem = malloc(len);
    struct woad_host *h;
    struct woad_uri uri;
    struct woad_runtime rt;
    struct woad_uuid uuid;
    if (argc != 4 || woad_uuid_parse(argv[3], &uuid) ||
        woad_uri_init(&uri, argv[1], &(struct woad_uri_cfg){0}) ||
        woad_host_init(mem, len, &cfg, &h) ||
        woad_runtime_init(&rt, &(struct woad_runtime_cfg){.host = h, .transport = uri.transport}))
        return EXIT_FAILURE;
    woad_sync_init(&sync, rt.kernel, h);
    int err = woad_runtime_start(&rt);
    if (err == 0)
        err = script(argv[2], &uuid);
    if (err < 0)
        fprintf(stderr, "%s\n", woad_err_text(err));
    int stopped = woad_sync_stop(&sync, PATIENCE);
    woad_runtime_stop(&rt);
    woad_runtime_deinit(&rt);
    woad_host_deinit(h);
    woad_uri_deinit(&uri);
    free(mem);
    return err || stopped ? EXIT_FAILURE : EXIT_SUCCESS;
}
