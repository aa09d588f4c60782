/* A user's program: places a host in memory of its own and prints its first HCI command. */
#include <stdio.h>
#include <stdlib.h>

#include "woad/host.h"

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    (void)h;
    printf("event %d\n", evt->type);
}

static void fill_random(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    while (len > 0)
        to[--len] = (uint8_t)rand();
}

int main(void)
{
    struct woad_host_cfg cfg = {.event = on_event, .rand = fill_random};
    size_t len = woad_host_mem_size(&cfg);
    void *mem = malloc(len);
    struct woad_host *h;
    if (!mem || woad_host_init(mem, len, &cfg, &h) || woad_host_start(h))
        return 1;
    woad_host_run(h, 0);
    struct woad_buf *pkt = woad_host_tx(h);
    printf("%u octets of memory, first command: %s\n", (unsigned)len, pkt ? "sent" : "none");
    if (pkt)
        woad_buf_unref(pkt);
    woad_host_deinit(h);
    free(mem);
    return pkt ? 0 : 1;
}
