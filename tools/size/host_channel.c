/* Advertises, accepts connections, and echoes what arrives on one L2CAP channel. */
#include "app.h"
#include "woad/gap.h"
#include "woad/l2cap.h"

#define PSM 0x80

static uint64_t mem[2048];
static uint8_t data[512];

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_CHAN_ACCEPT)
        ignore(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, on_channel, NULL));
    if (evt->type == WOAD_CHAN_CLOSED)
        ignore(woad_l2cap_release(h, evt->chan));
    if (evt->type != WOAD_CHAN_RECEIVED)
        return;
    long n = woad_l2cap_read(h, evt->chan, data, sizeof(data));
    if (n > 0)
        ignore(woad_l2cap_write(h, evt->chan, data, (size_t)n, NULL));
}

static void advertise(struct woad_host *h)
{
    static const uint8_t flags[] = {2, 1, 6};
    const struct woad_adv_params params = {.data = flags, .data_len = sizeof(flags)};
    ignore(woad_gap_advertise_start(h, &params));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        advertise(h);
}

int main(void)
{
    const struct woad_host_cfg cfg = {.event = on_event,
                                      .rand = board_random,
                                      .max_conns = 1,
                                      .max_chans = 1,
                                      .max_psms = 1,
                                      .chan_rx_size = 2048};
    const struct woad_chan_cfg channel = {.psm = PSM, .event = on_channel};
    struct woad_host *h;
    if (woad_host_init(mem, sizeof(mem), &cfg, &h) || woad_host_start(h) ||
        woad_l2cap_listen(h, &channel))
        return 1;
    pump(h);
}
