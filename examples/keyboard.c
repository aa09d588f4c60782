/* examples/keyboard.c: a keyboard types a line; a computer pairs with it, learns its reports and
 * shows what was typed, and lights Caps Lock. */
#include <stdio.h>

#include "central.h"
#include "stage.h"
#include "woad/gap.h"
#include "woad/service_battery.h"
#include "woad/service_device_info.h"
#include "woad/service_keyboard.h"
#include "woad/smp.h"

/* ---- the keyboard: HID, Battery and Device Information, as the profile wants ------------------
 */

static const char *line = "Hello, world! {1 + 1 = 2}\n";
static uint16_t keys[16];
static struct woad_keyboard_link links[1];
static struct woad_keyboard keyboard;
static struct woad_battery battery;

static const uint8_t pnp[] = WOAD_PNP_ID(WOAD_PNP_BLUETOOTH, 0xFFFF, 0x0002, 0x0100);
static const struct woad_gatt_attr info[] = {
    WOAD_DEVICE_INFO_SERVICE,
    WOAD_DEVICE_INFO_OCTETS(woad_device_info_pnp_id, pnp, sizeof(pnp)),
};
static struct woad_gatt_service info_service = {.attrs = info, .count = WOAD_GATT_COUNT_OF(info)};

/* Types on until the queue is full; WRITABLE goes on. */
static void type_on(struct woad_host *h)
{
    while (*line) {
        long n = woad_keyboard_type(h, &keyboard, line);
        if (n == WOAD_ERR_AGAIN)
            return;
        stage_check("type", n);
        line += n > 0 ? n : 1;
    }
}

static void on_keyboard(void *arg, struct woad_host *h, const struct woad_keyboard_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_KEYBOARD_LEDS)
        printf("keyboard: Caps Lock is %s\n", evt->value & WOAD_KEYBOARD_CAPS_LOCK ? "on" : "off");
    if (evt->type == WOAD_KEYBOARD_WRITABLE || (evt->type == WOAD_KEYBOARD_LISTENING && evt->value))
        type_on(h);
}

static void start_keyboard(struct woad_host *h)
{
    keyboard = (struct woad_keyboard){
        .queue = keys, .queue_size = 16, .links = links, .link_count = 1, .event = on_keyboard};
    stage_check("add Device Information", woad_gatts_add(h, &info_service));
    stage_check("add Battery", woad_battery_add(h, &battery, 100));
    stage_check("add the keyboard", woad_keyboard_add(h, &keyboard));
}

static void on_device(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "keyboard", &woad_keyboard_uuid);
}

/* ---- the computer ---------------------------------------------------------------------------- */

/* What a US keyboard prints: from usage 0x04 on, plain and with shift. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyz1234567890\n\x1b\b\t -=[]\\#;'`,./";
static const char shifted[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\n\x1b\b\t _+{}|~:\"~<>?";

static void on_done(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE)
        stage_check("the computer", evt->u.done.err);
}

static void on_map(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_VALUE)
        printf("computer: a report map of %u octets\n", evt->u.value.offset + evt->u.value.len);
    on_done(arg, h, evt);
}

static void on_led(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    on_done(arg, h, evt);
    stage_end(0);
}

/* The characters of one key after the other: a report whose key differs from the last one's. */
static void on_report(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static const uint8_t caps_lock = WOAD_KEYBOARD_CAPS_LOCK;
    static uint8_t last;
    struct central *c = arg;
    on_done(arg, h, evt);
    if (evt->type != WOAD_GATTC_VALUE || evt->u.value.len != WOAD_KEYBOARD_REPORT_LEN)
        return;
    uint8_t key = evt->u.value.data[2];
    bool shift = evt->u.value.data[0] & 0x22; /* left or right */
    bool pressed = key != last && key >= 4 && key - 4u < sizeof(plain) - 1;
    char ch = !pressed ? 0 : shift ? shifted[key - 4] : plain[key - 4];
    last = key;
    if (ch)
        putchar(ch);
    if (ch == '\n') /* the second Report characteristic is the output report */
        stage_check("light Caps Lock",
                    woad_gattc_write(h, c->conn, central_op(c, on_led),
                                     central_find(c, &woad_keyboard_report_uuid, 1), &caps_lock,
                                     1));
}

/* The first read is refused for want of encryption: the client pairs and asks again. */
static void on_found(struct central *c, struct woad_host *h)
{
    central_read(c, h, &woad_keyboard_map_uuid, on_map);
    central_subscribe(c, h, &woad_keyboard_report_uuid, on_report);
}

static struct central central = {.service = &woad_keyboard_uuid, .found = on_found};

static void on_computer(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_SECURED)
        printf("computer: paired, level %u\n", evt->u.smp->u.secured.level);
    central_event(&central, h, evt);
}

int main(int argc, char **argv)
{
    static const struct woad_gatts_cfg gatts = {.name = "keyboard",
                                                .appearance = WOAD_KEYBOARD_APPEARANCE};
    static const struct woad_host_use server[] = {
        {&woad_gatts_part, &gatts}, {&woad_smp_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {
        {&woad_gattc_part, NULL}, {&woad_smp_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "keyboard",
         .start = start_keyboard,
         .host = {.event = on_device, .parts = server, .max_conns = 1}},
        {.name = "computer", .host = {.event = on_computer, .parts = client}},
    };
    return stage_main(argc, argv, roles, 2);
}
