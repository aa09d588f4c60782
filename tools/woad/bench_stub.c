#include "bench_stub.h"

#include "woad/cursor.h"
#include "woad/hci.h"

#include <stdlib.h>
#include <string.h>

void bench_stub_in(struct bench_stub *s, uint8_t type, const void *data, uint16_t len)
{
    bool discard;
    struct woad_buf *buf = woad_host_rx_alloc(s->host, type, len, data, len, &discard);
    if (!buf)
        abort();
    memcpy(woad_buf_put(buf, len), data, len);
    if (woad_host_rx(s->host, buf))
        woad_buf_unref(buf);
}

void bench_stub_completed(struct bench_stub *s)
{
    static const uint8_t evt[7] = {
        WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 5, 1, BENCH_CONN, 0, 1, 0};
    bench_stub_in(s, WOAD_PKT_EVT, evt, sizeof(evt));
}

uint16_t bench_stub_att(uint8_t *acl, const void *pdu, uint16_t len)
{
    woad_put_u16(acl, BENCH_CONN | WOAD_HCI_ACL_FIRST_FLUSHABLE);
    woad_put_u16(acl + 2, (uint16_t)(len + 4));
    woad_put_u16(acl + 4, len);
    woad_put_u16(acl + 6, 4);
    memcpy(acl + 8, pdu, len);
    return (uint16_t)(len + 8);
}

static void answer_command(struct bench_stub *s, uint16_t opcode)
{
    uint8_t evt[2 + 3 + 65] = {WOAD_HCI_EVT_COMMAND_COMPLETE, 0, 1};
    uint8_t *ret = evt + 5;
    uint8_t len = 1;
    woad_put_u16(evt + 3, opcode);
    if (opcode == WOAD_HCI_CMD_LE_READ_BUFFER_SIZE) {
        woad_put_u16(ret + 1, 251);
        ret[3] = 16;
        len = 4;
    } else if (opcode == WOAD_HCI_CMD_READ_BD_ADDR) {
        memset(ret + 1, 0x11, 6);
        len = 7;
    }
    evt[1] = (uint8_t)(3 + len);
    bench_stub_in(s, WOAD_PKT_EVT, evt, (uint16_t)(2 + evt[1]));
}

void bench_stub_turn(struct bench_stub *s)
{
    woad_host_run(s->host, s->now);
    for (struct woad_buf *buf; (buf = woad_host_tx(s->host)); woad_buf_unref(buf)) {
        if (buf->type == WOAD_PKT_CMD)
            answer_command(s, woad_get_u16(buf->data));
        else
            bench_stub_completed(s);
    }
}

static void on_host(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct bench_stub *s = arg;
    (void)h;
    s->ready |= evt->type == WOAD_EVT_READY;
    s->connected |= evt->type == WOAD_EVT_CONNECTED;
}

static void no_random(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    memset(to, 0x5a, len);
}

void bench_stub_init(struct bench_stub *s, const struct woad_host_use *parts)
{
    const struct woad_host_cfg cfg = {
        .event = on_host, .event_arg = s, .rand = no_random, .parts = parts};
    size_t size = woad_host_mem_size(&cfg);
    uint8_t link[21] = {WOAD_HCI_EVT_LE_META, 19, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 0,
                        BENCH_CONN};
    *s = (struct bench_stub){.mem = malloc(size), .now = 1};
    if (!s->mem || woad_host_init(s->mem, size, &cfg, &s->host) || woad_host_start(s->host))
        abort();
    for (int i = 0; i < 40 && !s->ready; i++)
        bench_stub_turn(s);
    link[14] = 24;
    link[19] = 50;
    bench_stub_in(s, WOAD_PKT_EVT, link, sizeof(link));
    bench_stub_turn(s);
    bench_stub_turn(s);
    if (!s->connected)
        abort();
}

void bench_stub_free(struct bench_stub *s)
{
    woad_host_deinit(s->host);
    free(s->mem);
}
