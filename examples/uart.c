/* examples/uart.c: two octet streams over the Nordic UART Service. The echo gives back what it
 * gets; the terminal sends much more than fits anywhere and checks what comes back.
 *
 * The echo has memory for one batch of writes and few buffers, and both brakes: what cannot be sent
 * waits for WRITABLE, and the terminal, whose every eighth write wants an answer, gets that answer
 * when there is room for its next batch. */
#include <stdio.h>
#include <string.h>

#include "central.h"
#include "stage.h"
#include "woad/service_nus.h"

/* ---- the echo -------------------------------------------------------------------------------- */

#define BATCH  8u                           /* writes, the last of them with an answer */
#define MEMORY (BATCH * WOAD_ATT_VALUE_MAX) /* octets */

static struct {
    uint8_t octets[MEMORY];
    size_t head, used;
    uint16_t conn;
    bool holds;          /* a writer waits */
    woad_gatts_req held; /* for this answer */
} echo;
static struct woad_nus nus;
static unsigned brakes, pauses;

static bool has_room(void)
{
    return MEMORY - echo.used >= BATCH * WOAD_ATT_VALUE_MAX;
}

/* Sends what it can, then lets the writer go on if there is room. */
static void pump(struct woad_host *h)
{
    while (echo.used) {
        size_t at = echo.head % MEMORY, n = MEMORY - at < echo.used ? MEMORY - at : echo.used;
        long sent = woad_nus_write(h, &nus, echo.conn, echo.octets + at, n);
        if (sent < 0) { /* AGAIN: WRITABLE follows. Others: nobody listens, the octets wait */
            pauses++;
            break;
        }
        echo.head += (size_t)sent;
        echo.used -= (size_t)sent;
    }
    if (echo.holds && has_room()) {
        echo.holds = false;
        (void)!woad_nus_resume(h, echo.held);
    }
}

static void on_received(struct woad_host *h, const struct woad_nus_evt *evt)
{
    for (uint16_t i = 0; i < evt->u.received.len && echo.used < MEMORY; i++)
        echo.octets[(echo.head + echo.used++) % MEMORY] = evt->u.received.data[i];
    echo.conn = evt->conn;
    pump(h);
    if (evt->u.received.req && !has_room()) {
        brakes++;
        echo.holds = *evt->u.received.later = true;
        echo.held = evt->u.received.req;
    }
}

static void on_nus(void *arg, struct woad_host *h, const struct woad_nus_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_NUS_RECEIVED)
        on_received(h, evt);
    else if (evt->type == WOAD_NUS_ENDED)
        echo.used = echo.holds = 0;
    else
        pump(h);
}

static void start_echo(struct woad_host *h)
{
    nus.event = on_nus;
    stage_check("add the service", woad_nus_add(h, &nus));
}

static void on_echo(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "echo", &woad_nus_uuid);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

#define TOTAL 100000u

static uint8_t pieces[BATCH][WOAD_ATT_VALUE_MAX]; /* lent while they are under way */
static uint16_t room;                             /* of one write: the MTU less 3 */
static size_t written, returned;
static woad_time begun;

static uint8_t octet(size_t i)
{
    return (uint8_t)(i ^ i >> 8);
}

static size_t fill(uint8_t *piece)
{
    size_t n = 0;
    for (; n < room && written < TOTAL; n++)
        piece[n] = octet(written++);
    return n;
}

static void on_sent(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    stage_check("write", evt->u.done.err);
}

static void on_answered(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);

static void send_batch(struct central *c, struct woad_host *h)
{
    uint16_t rx = central_find(c, &woad_nus_rx_uuid, 0);
    for (unsigned i = 0; i < BATCH && written < TOTAL; i++) {
        uint16_t n = (uint16_t)fill(pieces[i]);
        bool last = i == BATCH - 1 || written == TOTAL;
        stage_check(
            "write",
            last ? woad_gattc_write(h, c->conn, central_op(c, on_answered), rx, pieces[i], n)
                 : woad_gattc_write_cmd(h, c->conn, central_op(c, on_sent), rx, pieces[i], n));
    }
}

static void on_answered(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    stage_check("write", evt->u.done.err);
    if (evt->u.done.err == 0)
        send_batch(arg, h);
}

static void on_echoed(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_DONE) { /* subscribed */
        stage_check("subscribe", evt->u.done.err);
        room = (uint16_t)(evt->u.done.mtu - 3);
        begun = stage_now(h);
        send_batch(arg, h);
        return;
    }
    for (uint16_t i = 0; evt->type == WOAD_GATTC_VALUE && i < evt->u.value.len; i++)
        if (evt->u.value.data[i] != octet(returned++)) {
            printf("octet %zu came back changed\n", returned - 1);
            stage_end(1);
            return;
        }
    if (returned != TOTAL)
        return;
    double seconds = (double)(stage_now(h) - begun) / 1e6;
    printf("%u octets came back whole in %.1f s, %.1f kB/s\n", TOTAL, seconds,
           TOTAL / seconds / 1000);
    if (stage_simulated())
        printf("the echo made the terminal wait %u times and waited itself %u times\n", brakes,
               pauses);
    stage_end(0);
}

static void on_found(struct central *c, struct woad_host *h)
{
    central_subscribe(c, h, &woad_nus_tx_uuid, on_echoed);
}

static struct central central = {.service = &woad_nus_uuid, .found = on_found};

static void on_terminal(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    central_event(&central, h, evt);
}

int main(int argc, char **argv)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "echo",
         .start = start_echo,
         .host = {.event = on_echo, .parts = server, .att_tx_count = 2}},
        {.name = "terminal", .host = {.event = on_terminal, .parts = client}},
    };
    return stage_main(argc, argv, roles, 2);
}
