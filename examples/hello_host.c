/* examples/hello_host.c: prints who advertises near a controller, such as tcp:localhost:9000. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "woad/gap.h"
#include "woad/runtime.h"
#include "woad/transport_uri.h"

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    char addr[WOAD_ADDR_STR_SIZE];
    int *err = arg;
    if (evt->type == WOAD_EVT_READY)
        *err = woad_gap_scan_start(h, &(struct woad_scan_params){.active = true});
    if (evt->type == WOAD_EVT_ADV_REPORT)
        printf("%s %d dBm\n", woad_addr_format(&evt->u.report.addr, addr), evt->u.report.rssi_dbm);
}

static void fill_random(void *arg, uint8_t *to, size_t len)
{
    if (getrandom(to, len, 0) != (ssize_t)len)
        abort();
    (void)arg;
}

int main(int argc, char **argv)
{
    int err = 0;
    struct woad_host_cfg cfg = {.event = on_event, .event_arg = &err, .rand = fill_random};
    size_t len = woad_host_mem_size(&cfg);
    struct woad_host *h;
    struct woad_uri uri;
    struct woad_runtime rt;
    if (argc != 2 || woad_uri_init(&uri, argv[1], &(struct woad_uri_cfg){0}) ||
        woad_host_init(malloc(len), len, &cfg, &h) ||
        woad_runtime_init(&rt, &(struct woad_runtime_cfg){.host = h, .transport = uri.transport}) ||
        woad_runtime_start(&rt) || woad_host_start(h))
        return EXIT_FAILURE;
    while (!err)
        err = woad_runtime_turn(&rt, WOAD_TIME_NEVER);
    fprintf(stderr, "%s\n", woad_err_text(err));
    return EXIT_FAILURE;
}
