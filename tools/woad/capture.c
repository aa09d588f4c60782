/* Capture files as one sequence of packets; see capture.h. */
#include "capture.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tool.h"
#include "woad/buf.h"
#include "woad/ll_pdu.h"

static int report_open(const char *path, int err, bool pcap, uint32_t link)
{
    if (err == WOAD_ERR_EOF)
        tool_error("%s: the file ends within its header; the program that wrote it did not get far",
                   path);
    else if (err == WOAD_ERR_UNSUPPORTED && pcap)
        tool_error("%s: link type %" PRIu32
                   " is not one of Bluetooth LE that is read here (187, 201, "
                   "251, 254, 256)",
                   path, link);
    else if (err == WOAD_ERR_UNSUPPORTED)
        tool_error("%s: btsnoop datalink %" PRIu32 " is not read here (1001, 1002, 2001 are)", path,
                   link);
    else
        tool_error("%s: neither btsnoop nor pcap; see 'woad log --help' for what can be read",
                   path);
    return TOOL_BAD_INPUT;
}

int capture_open(struct capture *c, const char *path)
{
    *c = (struct capture){.path = path};
    c->data = tool_read_file(path, &c->len);
    if (!c->data)
        return TOOL_IO;
    int err = woad_btsnoop_open(&c->btsnoop, c->data, c->len);
    uint32_t link = c->btsnoop.datalink;
    if (err == WOAD_ERR_FORMAT) {
        err = woad_pcap_open(&c->pcap, c->data, c->len);
        c->is_pcap = err != WOAD_ERR_FORMAT;
        link = c->pcap.link;
    }
    if (!err)
        return 0;
    if (woad_pcap_is_ng(c->data, c->len)) {
        tool_error("%s: this is pcapng; convert it with: editcap -F pcap %s out.pcap", path, path);
        err = TOOL_BAD_INPUT;
    } else {
        err = report_open(path, err, c->is_pcap, link);
    }
    capture_close(c);
    return err;
}

/* Data PDUs are encrypted from the answer to LL_START_ENC_REQ on. A control PDU of one octet cannot
 * be encrypted (there is no room for a MIC): so ends a pause [Vol 6, Part B, 5.1.3]. */
static bool follow_encryption(struct capture *c, const struct woad_air_pkt *air)
{
    bool data = air->kind == WOAD_AIR_DATA_C_TO_P || air->kind == WOAD_AIR_DATA_P_TO_C;
    if (!data || air->pdu_len < 2 || air->crc_bad || (air->flags & WOAD_AIR_DECRYPTED))
        return false;
    size_t i = 0;
    while (i < c->links_used && c->links[i].access_address != air->access_address)
        i++;
    if (i == CAPTURE_LINKS_MAX)
        return false;
    if (i == c->links_used) {
        c->links[i].access_address = air->access_address;
        c->links[i].encrypted = false;
        c->links_used++;
    }
    bool ctrl = (air->pdu[0] & WOAD_LL_DATA_LLID_MASK) == WOAD_LLID_CTRL;
    if (ctrl && air->pdu[1] == 1)
        c->links[i].encrypted = false;
    bool now = c->links[i].encrypted;
    if (ctrl && air->pdu[1] == 1 && air->pdu_len > 2 && air->pdu[2] == WOAD_LL_CTRL_START_ENC_REQ)
        c->links[i].encrypted = true;
    return now;
}

static int next_pcap(struct capture *c, struct capture_pkt *pkt)
{
    struct woad_pcap_rec rec;
    int got = woad_pcap_next(&c->pcap, &rec);
    if (got != 1)
        return got;
    pkt->index = c->pcap.index;
    pkt->time_us = rec.time_us;
    int err = woad_pcap_air(&c->pcap, &rec, &pkt->air);
    pkt->is_air = err != WOAD_ERR_UNSUPPORTED;
    if (!pkt->is_air)
        err = woad_pcap_hci(&c->pcap, &rec, &pkt->hci);
    else if (!err)
        pkt->encrypted = follow_encryption(c, &pkt->air);
    return err ? err : 1;
}

int capture_next(struct capture *c, struct capture_pkt *pkt)
{
    *pkt = (struct capture_pkt){0};
    int got;
    if (c->is_pcap) {
        got = next_pcap(c, pkt);
    } else {
        got = woad_btsnoop_next(&c->btsnoop, &pkt->hci);
        pkt->index = c->btsnoop.index;
        pkt->time_us = pkt->hci.time_us;
    }
    if (got >= 0)
        return got;
    uint64_t offset = c->is_pcap ? c->pcap.offset : c->btsnoop.offset;
    uint32_t index = c->is_pcap ? c->pcap.index : c->btsnoop.index;
    if (got == WOAD_ERR_EOF)
        tool_error("%s: cut short within packet %" PRIu32 " (at octet %" PRIu64
                   "); everything before it was read",
                   c->path, index + 1, offset);
    else
        tool_error("%s: damaged after packet %" PRIu32 " (at octet %" PRIu64 ")", c->path, index,
                   offset);
    return -1;
}

void capture_close(struct capture *c)
{
    free(c->data);
    c->data = NULL;
}
