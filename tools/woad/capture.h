/* tools/woad/capture.h: capture files of every kind we read, as one sequence of packets. */
#ifndef WOAD_TOOL_CAPTURE_H
#define WOAD_TOOL_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/btsnoop.h"
#include "woad/pcap.h"

#define CAPTURE_LINKS_MAX 64 /* connections whose encryption is followed in an air capture */

struct capture {
    const char *path;
    uint8_t *data;
    size_t len;
    bool is_pcap;
    struct woad_btsnoop_reader btsnoop;
    struct woad_pcap_reader pcap;
    struct {
        uint32_t access_address;
        bool encrypted;
    } links[CAPTURE_LINKS_MAX];
    size_t links_used;
};

struct capture_pkt {
    uint32_t index; /* from 1 */
    uint64_t time_us;
    bool is_air;
    bool encrypted;              /* air: the payload is not readable */
    struct woad_btsnoop_rec hci; /* unless is_air */
    struct woad_air_pkt air;     /* if is_air */
};

/* Loads the file. Returns 0, or an exit code after a message that says what to do. */
int capture_open(struct capture *c, const char *path);

/* Returns 1 with the next packet, 0 at the end, or -1 after a message (the file is damaged or cut
 * short there; what was read before is good). */
int capture_next(struct capture *c, struct capture_pkt *pkt);

void capture_close(struct capture *c);

#endif
