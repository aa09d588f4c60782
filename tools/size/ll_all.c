/* A controller: HCI on one side, a radio's interrupts on the other. */
#include "app.h"
#include "woad/ll.h"
#include "woad/radio.h"

extern const struct woad_radio_ops board_radio;

static uint64_t mem[4096];
static struct woad_ll *ll;

const struct woad_radio_op *board_radio_interrupt(const struct woad_radio_evt *evt, woad_time now);

const struct woad_radio_op *board_radio_interrupt(const struct woad_radio_evt *evt, woad_time now)
{
    return woad_ll_radio_evt(ll, evt, now);
}

int main(void)
{
    const struct woad_ll_cfg cfg = {.radio = {.ops = &board_radio}, .rand = board_random};
    if (woad_ll_init(mem, sizeof(mem), &cfg, &ll))
        return 1;
    for (;;) {
        struct woad_buf *pkt = board_receive();
        if (pkt && woad_ll_rx(ll, pkt))
            woad_buf_unref(pkt);
        woad_time deadline = woad_ll_run(ll, board_time());
        while ((pkt = woad_ll_tx(ll)))
            board_send(pkt);
        board_wait(deadline);
    }
}
