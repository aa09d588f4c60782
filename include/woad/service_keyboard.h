/* woad/service_keyboard.h: a keyboard: the HID Service, 0x1812, with report and boot protocol
 * [HID Service 1.0; HID over GATT Profile 1.0; USB HID 1.11, appendix B.1; HID Usage Tables, 10].
 *
 *      press(A) release(A) ... --> queue --> report: what is held now --> each client that listens,
 *                                                                        by the protocol it chose
 *      LEDS, PROTOCOL, SUSPEND events  <--------------------------------  what clients write
 *
 *     static uint16_t keys[64];
 *     static struct woad_keyboard_link links[1];
 *     static struct woad_keyboard keyboard = {
 *         .queue = keys, .queue_size = 64, .links = links, .link_count = 1, .event = on_keyboard};
 *     err = woad_keyboard_add(h, &keyboard);
 *     ...
 *     err = woad_keyboard_press(h, &keyboard, 0x04);       the key "A" of a US keyboard
 *     err = woad_keyboard_release(h, &keyboard, 0x04);
 *     n = woad_keyboard_type(h, &keyboard, "hello\n");
 *
 * Every change of a key is a report of its own, in order, so that no key is lost however fast they
 * are pressed: what cannot be sent waits in the queue. While nobody listens the keys wait as well
 * (the key that wakes a computer must reach it); woad_keyboard_clear() forgets them, which is what
 * to do when another computer than the one meant connects.
 *
 * Everything wants an encrypted link: a client that reads or subscribes without makes its host
 * pair. The profile also wants Device Information with a PnP ID and Battery at the device, the
 * appearance 0x03C1, and bonding.
 *
 * Each client has its own protocol (report at the start of every link), LEDs and suspended state.
 * With more than six keys held beside the modifiers a report says "roll over" [USB HID, C].
 */
#ifndef WOAD_SERVICE_KEYBOARD_H
#define WOAD_SERVICE_KEYBOARD_H

#include "woad/gatts.h"

extern const struct woad_uuid woad_keyboard_uuid, woad_keyboard_protocol_uuid,
    woad_keyboard_report_uuid, woad_keyboard_reference_uuid, woad_keyboard_map_uuid,
    woad_keyboard_boot_input_uuid, woad_keyboard_boot_output_uuid, woad_keyboard_info_uuid,
    woad_keyboard_control_uuid;
#define WOAD_KEYBOARD_MAP_LEN 66
extern const uint8_t woad_keyboard_map[WOAD_KEYBOARD_MAP_LEN];
extern const uint8_t woad_keyboard_info[4], woad_keyboard_input[2], woad_keyboard_output[2];

#define WOAD_KEYBOARD_APPEARANCE 0x03C1
#define WOAD_KEYBOARD_REPORT_LEN 8 /* modifiers, 0, six keys: the same in both protocols */

enum woad_keyboard_protocol { WOAD_KEYBOARD_BOOT = 0, WOAD_KEYBOARD_REPORT = 1 };

enum woad_keyboard_led {
    WOAD_KEYBOARD_NUM_LOCK = 0x01,
    WOAD_KEYBOARD_CAPS_LOCK = 0x02,
    WOAD_KEYBOARD_SCROLL_LOCK = 0x04,
    WOAD_KEYBOARD_COMPOSE = 0x08,
    WOAD_KEYBOARD_KANA = 0x10,
};

enum woad_keyboard_evt_type {
    WOAD_KEYBOARD_LISTENING = 1, /* whether conn gets reports now; value 0 or 1 */
    WOAD_KEYBOARD_LEDS,          /* value: sum of enum woad_keyboard_led */
    WOAD_KEYBOARD_PROTOCOL,      /* value: enum woad_keyboard_protocol */
    WOAD_KEYBOARD_SUSPEND,       /* value 1: the client's host sleeps; 0: it woke up */
    WOAD_KEYBOARD_WRITABLE,      /* there is room in the queue again after AGAIN */
};

struct woad_keyboard_evt {
    uint8_t type;  /* enum woad_keyboard_evt_type */
    uint8_t value; /* by type */
    uint16_t conn; /* WRITABLE: WOAD_CONN_NONE */
};

typedef void woad_keyboard_event_fn(void *arg, struct woad_host *h,
                                    const struct woad_keyboard_evt *evt);

/* The table, for other rights than WOAD_GATT_ENCRYPTED: access of enum woad_gatt_access. */
#define WOAD_KEYBOARD_TABLE(access)                                                                \
    {                                                                                              \
        WOAD_GATT_SERVICE(&woad_keyboard_uuid),                                                    \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE_NO_RSP),                     \
            WOAD_GATT_DYNAMIC(&woad_keyboard_protocol_uuid, NULL, 1, access, access),              \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),                           \
            WOAD_GATT_DYNAMIC(&woad_keyboard_report_uuid, NULL, 0, access, WOAD_GATT_NEVER),       \
            WOAD_GATT_CCCD(access),                                                                \
            WOAD_GATT_CONST(&woad_keyboard_reference_uuid, woad_keyboard_input, 2, access),        \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),   \
            WOAD_GATT_DYNAMIC(&woad_keyboard_report_uuid, NULL, 1, access, access),                \
            WOAD_GATT_CONST(&woad_keyboard_reference_uuid, woad_keyboard_output, 2, access),       \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),                                              \
            WOAD_GATT_CONST(&woad_keyboard_map_uuid, woad_keyboard_map, WOAD_KEYBOARD_MAP_LEN,     \
                            access),                                                               \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),                           \
            WOAD_GATT_DYNAMIC(&woad_keyboard_boot_input_uuid, NULL, 0, access, WOAD_GATT_NEVER),   \
            WOAD_GATT_CCCD(access),                                                                \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),   \
            WOAD_GATT_DYNAMIC(&woad_keyboard_boot_output_uuid, NULL, 1, access, access),           \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),                                              \
            WOAD_GATT_CONST(&woad_keyboard_info_uuid, woad_keyboard_info, 4, access),              \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_WRITE_NO_RSP),                                      \
            WOAD_GATT_DYNAMIC(&woad_keyboard_control_uuid, NULL, 1, WOAD_GATT_NEVER, access)       \
    }

/* What is kept for one link; memory of the caller. */
struct woad_keyboard_link {
    uint16_t conn;
    bool used;
    bool owed; /* the present report has not been sent to it */
    bool suspended;
    bool listening;   /* as it was told */
    uint8_t protocol; /* enum woad_keyboard_protocol */
    uint8_t leds;
};

/* Zeroed but for what is wanted; belongs to the server until woad_gatts_remove(h, &kb.service). */
struct woad_keyboard {
    const struct woad_gatt_attr *attrs; /* a WOAD_KEYBOARD_TABLE, NULL: encrypted links */
    uint16_t *queue;                    /* lent: changes that wait, 2 octets each */
    uint16_t queue_size;                /* 4 at least */
    struct woad_keyboard_link *links;   /* lent; as many as the host may have (max_conns) */
    uint8_t link_count;
    woad_keyboard_event_fn *event; /* may be NULL */
    void *arg;
    /* private */
    struct woad_gatt_service service;
    uint16_t head, waiting; /* of the queue */
    bool refused;
    uint8_t held[32]; /* a bit for each usage */
    uint8_t report[WOAD_KEYBOARD_REPORT_LEN];
};

/* Errors of woad_gatts_add(); INVALID: the memory is missing. */
int woad_keyboard_add(struct woad_host *h, struct woad_keyboard *kb) WOAD_MUST_USE;

/* usage: of the Keyboard/Keypad page, 0x04..0xE7 (0xE0..0xE7 are the modifiers); INVALID otherwise.
 * AGAIN: the queue is full, WRITABLE follows. */
int woad_keyboard_press(struct woad_host *h, struct woad_keyboard *kb, uint8_t usage) WOAD_MUST_USE;
int woad_keyboard_release(struct woad_host *h, struct woad_keyboard *kb,
                          uint8_t usage) WOAD_MUST_USE;

/* The keys for a text in ASCII, newline, tab, backspace and escape, as a US keyboard has them.
 * Returns how many characters were taken; AGAIN: none, WRITABLE follows; INVALID: the first is not
 * on the keyboard. */
long woad_keyboard_type(struct woad_host *h, struct woad_keyboard *kb,
                        const char *text) WOAD_MUST_USE;

/* Forgets what waits; what is held remains. No WRITABLE follows an earlier AGAIN. */
void woad_keyboard_clear(struct woad_keyboard *kb);

#endif
