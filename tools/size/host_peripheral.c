/* A lamp: advertises, serves 20 attributes, pairs, and keeps four bonds. */
#include "lamp_app.h"

#ifndef LAMP_INIT
#define LAMP_INIT woad_host_init
#endif

static uint64_t mem[1024];

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        lamp_advertise(h);
    if (evt->type == WOAD_EVT_SECURITY)
        answer_pairing(h, evt->conn, evt->u.smp);
    if (evt->type == WOAD_EVT_CONNECTED)
        lamp_connected(h, evt->conn);
}

int main(void)
{
    static const struct woad_host_use parts[] = {{&woad_gatts_basic_part, &lamp_gatts},
                                                 {&woad_smp_peripheral_part, &lamp_smp},
                                                 {NULL, NULL}};
    const struct woad_host_cfg cfg = {
        .event = on_event, .rand = board_random, .max_conns = 1, .no_chans = true, .parts = parts};
    struct woad_host *h;
    if (LAMP_INIT(mem, sizeof(mem), &cfg, &h) || woad_host_start(h))
        return 1;
    lamp_serve(h);
    pump(h);
}
