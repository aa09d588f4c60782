#include "woad/service_keyboard.h"

#include <string.h>

#include "service.h"

const struct woad_uuid woad_keyboard_uuid = WOAD_UUID16(0x1812);
const struct woad_uuid woad_keyboard_boot_input_uuid = WOAD_UUID16(0x2A22);
const struct woad_uuid woad_keyboard_boot_output_uuid = WOAD_UUID16(0x2A32);
const struct woad_uuid woad_keyboard_info_uuid = WOAD_UUID16(0x2A4A);
const struct woad_uuid woad_keyboard_map_uuid = WOAD_UUID16(0x2A4B);
const struct woad_uuid woad_keyboard_control_uuid = WOAD_UUID16(0x2A4C);
const struct woad_uuid woad_keyboard_report_uuid = WOAD_UUID16(0x2A4D);
const struct woad_uuid woad_keyboard_protocol_uuid = WOAD_UUID16(0x2A4E);
const struct woad_uuid woad_keyboard_reference_uuid = WOAD_UUID16(0x2908);

/* Report ID, report type (1 input, 2 output). */
const uint8_t woad_keyboard_input[2] = {1, 1}, woad_keyboard_output[2] = {1, 2};
/* USB HID 1.11, no country, may wake its host and advertises when it is bonded and alone. */
const uint8_t woad_keyboard_info[4] = {0x11, 0x01, 0x00, 0x03};

/* USB HID 1.11, 6.2.2; the report is that of the boot protocol. */
const uint8_t woad_keyboard_map[WOAD_KEYBOARD_MAP_LEN] = {
    0x05, 0x01,       /* Usage Page: Generic Desktop */
    0x09, 0x06,       /* Usage: Keyboard */
    0xA1, 0x01,       /* Collection: Application */
    0x85, 0x01,       /*   Report ID 1 */
    0x05, 0x07,       /*   Usage Page: Keyboard/Keypad */
    0x19, 0xE0,       /*   Usage Minimum: Left Control */
    0x29, 0xE7,       /*   Usage Maximum: Right GUI */
    0x15, 0x00,       /*   Logical Minimum 0 */
    0x25, 0x01,       /*   Logical Maximum 1 */
    0x75, 0x01,       /*   Report Size 1 */
    0x95, 0x08,       /*   Report Count 8 */
    0x81, 0x02,       /*   Input: Data, Variable, Absolute */
    0x75, 0x08,       /*   Report Size 8 */
    0x95, 0x01,       /*   Report Count 1 */
    0x81, 0x01,       /*   Input: Constant */
    0x05, 0x08,       /*   Usage Page: LEDs */
    0x19, 0x01,       /*   Usage Minimum: Num Lock */
    0x29, 0x05,       /*   Usage Maximum: Kana */
    0x75, 0x01,       /*   Report Size 1 */
    0x95, 0x05,       /*   Report Count 5 */
    0x91, 0x02,       /*   Output: Data, Variable, Absolute */
    0x75, 0x03,       /*   Report Size 3 */
    0x95, 0x01,       /*   Report Count 1 */
    0x91, 0x01,       /*   Output: Constant */
    0x05, 0x07,       /*   Usage Page: Keyboard/Keypad */
    0x19, 0x00,       /*   Usage Minimum 0 */
    0x29, 0xE7,       /*   Usage Maximum: Right GUI */
    0x15, 0x00,       /*   Logical Minimum 0 */
    0x26, 0xE7, 0x00, /*   Logical Maximum 231 */
    0x75, 0x08,       /*   Report Size 8 */
    0x95, 0x06,       /*   Report Count 6 */
    0x81, 0x00,       /*   Input: Data, Array */
    0xC0,             /* End Collection */
};

enum { /* places in the table */
       PROTOCOL = 2,
       INPUT = 4,
       OUTPUT = 8,
       BOOT_INPUT = 13,
       BOOT_OUTPUT = 16,
       CONTROL = 20,
       COUNT = 21,
};
static const struct woad_gatt_attr encrypted_table[COUNT] =
    WOAD_KEYBOARD_TABLE(WOAD_GATT_ENCRYPTED);

#define USAGE_FIRST     0x04
#define USAGE_MODIFIERS 0xE0
#define USAGE_LAST      0xE7
#define USAGE_SHIFT     0xE1
#define ROLL_OVER       0x01
#define CHANGE_DOWN     0x100u /* in the queue, beside the usage: pressed */

/* ---- links ----------------------------------------------------------------------------------- */

static struct woad_keyboard_link *find_link(const struct woad_keyboard *kb, uint16_t conn)
{
    for (uint8_t i = 0; i < kb->link_count; i++)
        if (kb->links[i].used && kb->links[i].conn == conn)
            return &kb->links[i];
    return NULL;
}

/* NULL: more links than there is memory for. */
static struct woad_keyboard_link *need_link(const struct woad_keyboard *kb, uint16_t conn)
{
    struct woad_keyboard_link *link = find_link(kb, conn);
    for (uint8_t i = 0; !link && i < kb->link_count; i++) {
        if (kb->links[i].used)
            continue;
        link = &kb->links[i];
        *link = (struct woad_keyboard_link){
            .conn = conn, .used = true, .protocol = WOAD_KEYBOARD_REPORT};
    }
    return link;
}

static uint16_t input_handle(const struct woad_keyboard *kb, const struct woad_keyboard_link *link)
{
    bool boot = link->protocol == WOAD_KEYBOARD_BOOT;
    return (uint16_t)(kb->service.start + (boot ? BOOT_INPUT : INPUT));
}

static bool listens(struct woad_host *h, const struct woad_keyboard *kb,
                    const struct woad_keyboard_link *link)
{
    return link->used && woad_gatts_subscription(h, link->conn, input_handle(kb, link)) & 1;
}

/* ---- reports --------------------------------------------------------------------------------- */

static void make_report(struct woad_keyboard *kb)
{
    unsigned n = 2;
    memset(kb->report, 0, sizeof(kb->report));
    for (unsigned usage = USAGE_FIRST; usage < USAGE_MODIFIERS; usage++) {
        if (!(kb->held[usage / 8] >> usage % 8 & 1))
            continue;
        if (n == WOAD_KEYBOARD_REPORT_LEN) {
            memset(kb->report + 2, ROLL_OVER, WOAD_KEYBOARD_REPORT_LEN - 2);
            break;
        }
        kb->report[n++] = (uint8_t)usage;
    }
    kb->report[0] = kb->held[USAGE_MODIFIERS / 8];
}

/* The oldest change that waits becomes the report; whoever listens is owed it. False: none waits,
 * or nobody listens. */
static bool next_report(struct woad_host *h, struct woad_keyboard *kb)
{
    bool heard = false;
    for (uint8_t i = 0; kb->waiting && i < kb->link_count; i++) {
        kb->links[i].owed = listens(h, kb, &kb->links[i]);
        heard |= kb->links[i].owed;
    }
    if (!heard)
        return false;
    uint16_t change = kb->queue[kb->head];
    uint8_t bit = (uint8_t)(1 << change % 8), *octet = &kb->held[(change & 0xFF) / 8];
    *octet = (uint8_t)(change & CHANGE_DOWN ? *octet | bit : *octet & ~bit);
    kb->head = (uint16_t)((kb->head + 1) % kb->queue_size);
    kb->waiting--;
    make_report(kb);
    return true;
}

/* False: no buffer; the server's WRITABLE follows. Any other refusal means that the link has
 * ended, or no longer may or wants to listen. */
static bool send_owed(struct woad_host *h, struct woad_keyboard *kb)
{
    for (uint8_t i = 0; i < kb->link_count; i++) {
        struct woad_keyboard_link *link = &kb->links[i];
        if (link->owed && woad_gatts_notify(h, link->conn, input_handle(kb, link), kb->report,
                                            WOAD_KEYBOARD_REPORT_LEN) == WOAD_ERR_AGAIN)
            return false;
        link->owed = false;
    }
    return true;
}

static void pump(struct woad_host *h, struct woad_keyboard *kb)
{
    while (send_owed(h, kb) && next_report(h, kb))
        ;
}

/* ---- what clients do ------------------------------------------------------------------------- */

static void tell(struct woad_keyboard *kb, struct woad_host *h, uint8_t type, uint8_t value,
                 uint16_t conn)
{
    if (kb->event)
        kb->event(kb->arg, h, &(struct woad_keyboard_evt){type, value, conn});
}

/* Tells a change: by a subscription, by another protocol, or by the link's end. */
static void tell_listening(struct woad_host *h, struct woad_keyboard *kb,
                           struct woad_keyboard_link *link)
{
    bool now = listens(h, kb, link);
    if (now == link->listening)
        return;
    link->listening = now;
    tell(kb, h, WOAD_KEYBOARD_LISTENING, now, link->conn);
}

static void on_read(struct woad_host *h, const struct woad_keyboard *kb, uint16_t place,
                    const struct woad_gatts_evt *evt)
{
    const struct woad_keyboard_link *link = find_link(kb, evt->conn);
    uint8_t protocol = link ? link->protocol : WOAD_KEYBOARD_REPORT, leds = link ? link->leds : 0;
    if (place == INPUT || place == BOOT_INPUT)
        woad_service_give(h, evt, kb->report, sizeof(kb->report));
    else
        woad_service_give(h, evt, place == PROTOCOL ? &protocol : &leds, 1);
}

/* LEDs may be written either way; protocol and control point are for commands alone [HID Service,
 * 2]. */
static uint8_t check_write(const struct woad_keyboard *kb, uint16_t place,
                           const struct woad_gatts_evt *evt)
{
    bool leds = place == OUTPUT || place == BOOT_OUTPUT;
    if (!leds && evt->u.write.req)
        return WOAD_ATT_ERR_WRITE_NOT_PERMITTED;
    if (evt->u.write.len != 1)
        return WOAD_ATT_ERR_INVALID_VALUE_LENGTH;
    if (!leds && evt->u.write.data[0] > 1)
        return WOAD_ATT_ERR_VALUE_NOT_ALLOWED;
    return need_link(kb, evt->conn) ? 0 : WOAD_ATT_ERR_INSUFFICIENT_RESOURCES;
}

static void on_write(struct woad_host *h, struct woad_keyboard *kb, uint16_t place,
                     const struct woad_gatts_evt *evt)
{
    uint8_t error = check_write(kb, place, evt), type = WOAD_KEYBOARD_LEDS;
    woad_service_answer(h, evt, error);
    if (error || evt->u.write.check)
        return;
    struct woad_keyboard_link *link = find_link(kb, evt->conn);
    uint8_t value = evt->u.write.data[0];
    if (place == PROTOCOL) {
        type = WOAD_KEYBOARD_PROTOCOL;
        link->protocol = value;
    } else if (place == CONTROL) { /* 0: suspend, 1: exit suspend */
        type = WOAD_KEYBOARD_SUSPEND;
        value = !value;
        link->suspended = value;
    } else {
        link->leds = value;
    }
    tell(kb, h, type, value, evt->conn);
    tell_listening(h, kb, link);
}

/* Keys held when the last link ends are up for whoever comes next. */
static void on_ended(struct woad_host *h, struct woad_keyboard *kb, uint16_t conn)
{
    struct woad_keyboard_link *link = find_link(kb, conn);
    if (link) {
        link->used = link->owed = false;
        tell_listening(h, kb, link);
    }
    for (uint8_t i = 0; i < kb->link_count; i++)
        if (kb->links[i].used)
            return;
    memset(kb->held, 0, sizeof(kb->held));
    make_report(kb);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct woad_keyboard *kb = arg;
    struct woad_keyboard_link *link;
    uint16_t place = (uint16_t)(evt->handle - kb->service.start);
    switch (evt->type) {
    case WOAD_GATTS_READ: on_read(h, kb, place, evt); return;
    case WOAD_GATTS_WRITE: on_write(h, kb, place, evt); break;
    case WOAD_GATTS_SUBSCRIBED:
        if ((link = need_link(kb, evt->conn)))
            tell_listening(h, kb, link);
        break;
    case WOAD_GATTS_ENDED: on_ended(h, kb, evt->conn); break;
    default: break;
    }
    pump(h, kb);
    if (kb->refused && kb->queue_size - kb->waiting >= 4) {
        kb->refused = false;
        tell(kb, h, WOAD_KEYBOARD_WRITABLE, 0, WOAD_CONN_NONE);
    }
}

int woad_keyboard_add(struct woad_host *h, struct woad_keyboard *kb)
{
    if (!kb->queue || kb->queue_size < 4 || !kb->links || !kb->link_count)
        return WOAD_ERR_INVALID;
    memset(kb->links, 0, kb->link_count * sizeof(*kb->links));
    kb->service = (struct woad_gatt_service){
        .attrs = kb->attrs ? kb->attrs : encrypted_table,
        .count = COUNT,
        .event = on_event,
        .arg = kb,
    };
    return woad_gatts_add(h, &kb->service);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool has_room(struct woad_keyboard *kb, unsigned changes)
{
    if ((unsigned)(kb->queue_size - kb->waiting) >= changes)
        return true;
    kb->refused = true;
    return false;
}

static void put(struct woad_keyboard *kb, uint8_t usage, bool down)
{
    unsigned at = (unsigned)(kb->head + kb->waiting++) % kb->queue_size;
    kb->queue[at] = (uint16_t)(usage | (down ? CHANGE_DOWN : 0));
}

static int change(struct woad_host *h, struct woad_keyboard *kb, uint8_t usage, bool down)
{
    if (usage < USAGE_FIRST || usage > USAGE_LAST)
        return WOAD_ERR_INVALID;
    if (!has_room(kb, 1))
        return WOAD_ERR_AGAIN;
    put(kb, usage, down);
    pump(h, kb);
    return 0;
}

int woad_keyboard_press(struct woad_host *h, struct woad_keyboard *kb, uint8_t usage)
{
    return change(h, kb, usage, true);
}

int woad_keyboard_release(struct woad_host *h, struct woad_keyboard *kb, uint8_t usage)
{
    return change(h, kb, usage, false);
}

/* The usage of a character on a US keyboard, 0: it has none [HID Usage Tables, 10]. */
static uint8_t usage_of(char c, bool *shift)
{
    static const char plain[] = "1234567890\n\x1b\b\t -=[]\\\0;'`,./"; /* from usage 0x1E on */
    static const char upper[] = "!@#$%^&*()\0\0\0\0\0_+{}|\0:\"~<>?";
    const char *at;
    *shift = c >= 'A' && c <= 'Z';
    if (*shift || (c >= 'a' && c <= 'z'))
        return (uint8_t)(0x04 + (c | 0x20) - 'a');
    if ((at = memchr(plain, c, sizeof(plain) - 1)))
        return (uint8_t)(0x1E + (at - plain));
    *shift = true;
    at = memchr(upper, c, sizeof(upper) - 1);
    return at ? (uint8_t)(0x1E + (at - upper)) : 0;
}

long woad_keyboard_type(struct woad_host *h, struct woad_keyboard *kb, const char *text)
{
    long taken = 0;
    for (bool shift; text[taken]; taken++) {
        uint8_t usage = usage_of(text[taken], &shift);
        if (!usage)
            return taken ? taken : WOAD_ERR_INVALID;
        if (!has_room(kb, shift ? 4 : 2))
            return taken ? taken : WOAD_ERR_AGAIN;
        if (shift)
            put(kb, USAGE_SHIFT, true);
        put(kb, usage, true);
        put(kb, usage, false);
        if (shift)
            put(kb, USAGE_SHIFT, false);
        pump(h, kb);
    }
    return taken;
}

void woad_keyboard_clear(struct woad_keyboard *kb)
{
    kb->waiting = 0;
    kb->refused = false;
}
