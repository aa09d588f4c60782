/* The pcap file format and the Bluetooth link types; see woad/pcap.h. */
#include "woad/pcap.h"

#include <string.h>

#include "woad/buf.h"
#include "woad/ll_pdu.h"

#define FILE_HDR  24
#define REC_HDR   16
#define MAGIC_US  UINT32_C(0xa1b2c3d4)
#define MAGIC_NS  UINT32_C(0xa1b23c4d)
#define MAGIC_NG  UINT32_C(0x0a0d0d0a)
#define CRC_LEN   3
#define RADIO_HDR 10
#define LINK_MASK UINT32_C(0x0fffffff) /* the rest describes a frame check sequence */
#define PHY_CODED 2
#define RF_ADV_37 0
#define RF_ADV_38 12
#define RF_ADV_39 39

static uint32_t swap32(uint32_t v)
{
    return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

static uint32_t file_u32(const struct woad_pcap_reader *r, struct woad_rd *rd)
{
    uint32_t v = woad_rd_u32(rd);
    return r->swapped ? swap32(v) : v;
}

bool woad_pcap_is_ng(const void *data, size_t len)
{
    return len >= 4 && woad_get_u32(data) == MAGIC_NG;
}

static bool is_known_link(uint32_t link)
{
    return link == WOAD_PCAP_HCI_H4 || link == WOAD_PCAP_HCI_H4_PHDR || link == WOAD_PCAP_LE_LL ||
           link == WOAD_PCAP_LINUX_MONITOR || link == WOAD_PCAP_LE_LL_PHDR;
}

int woad_pcap_open(struct woad_pcap_reader *r, const void *data, size_t len)
{
    *r = (struct woad_pcap_reader){.rd = woad_rd_init(data, len)};
    if (len < 4)
        return WOAD_ERR_EOF;
    uint32_t magic = woad_rd_u32(&r->rd);
    r->swapped = magic == swap32(MAGIC_US) || magic == swap32(MAGIC_NS);
    if (r->swapped)
        magic = swap32(magic);
    if (magic != MAGIC_US && magic != MAGIC_NS)
        return WOAD_ERR_FORMAT;
    r->nanoseconds = magic == MAGIC_NS;
    uint32_t version = file_u32(r, &r->rd); /* major and minor; swapped as one they change places */
    (void)woad_rd_take(&r->rd, 12);         /* zone, accuracy, snapshot length */
    r->link = file_u32(r, &r->rd) & LINK_MASK;
    if (!woad_rd_ok(&r->rd))
        return WOAD_ERR_EOF;
    r->offset = FILE_HDR;
    if ((r->swapped ? version >> 16 : version & 0xffff) != 2)
        return WOAD_ERR_FORMAT;
    return is_known_link(r->link) ? 0 : WOAD_ERR_UNSUPPORTED;
}

int woad_pcap_next(struct woad_pcap_reader *r, struct woad_pcap_rec *rec)
{
    if (r->rd.left == 0 && woad_rd_ok(&r->rd))
        return 0;
    struct woad_rd rd = r->rd; /* committed only when the record is whole */
    *rec = (struct woad_pcap_rec){0};
    rec->time_us = file_u32(r, &rd) * UINT64_C(1000000);
    uint32_t fraction = file_u32(r, &rd);
    rec->time_us += r->nanoseconds ? fraction / 1000 : fraction;
    rec->len = file_u32(r, &rd);
    rec->orig_len = file_u32(r, &rd);
    if (!woad_rd_ok(&rd))
        return WOAD_ERR_EOF;
    if (rec->len > WOAD_PCAP_REC_LEN_MAX)
        return WOAD_ERR_FORMAT;
    rec->data = woad_rd_take(&rd, rec->len);
    if (!rec->data)
        return WOAD_ERR_EOF;
    r->rd = rd;
    r->offset += REC_HDR + rec->len;
    r->index++;
    return 1;
}

static void read_radio_header(struct woad_rd *rd, struct woad_air_pkt *air)
{
    air->rf_channel = woad_rd_u8(rd);
    air->signal_dbm = (int8_t)woad_rd_u8(rd);
    (void)woad_rd_take(rd, 6); /* noise, access address offences, reference access address */
    air->flags = woad_rd_u16(rd);
    air->kind = (enum woad_air_kind)(air->flags >> 7 & 7);
    air->phy = air->flags >> 14 & 3;
    air->crc_bad = (air->flags & WOAD_AIR_CRC_CHECKED) && !(air->flags & WOAD_AIR_CRC_VALID);
}

int woad_pcap_air(const struct woad_pcap_reader *r, const struct woad_pcap_rec *rec,
                  struct woad_air_pkt *air)
{
    if (r->link != WOAD_PCAP_LE_LL_PHDR && r->link != WOAD_PCAP_LE_LL)
        return WOAD_ERR_UNSUPPORTED;
    struct woad_rd rd = woad_rd_init(rec->data, rec->len);
    *air = (struct woad_air_pkt){0};
    if (r->link == WOAD_PCAP_LE_LL_PHDR)
        read_radio_header(&rd, air);
    air->access_address = woad_rd_u32(&rd);
    if (r->link == WOAD_PCAP_LE_LL_PHDR && air->phy == PHY_CODED)
        (void)woad_rd_u8(&rd); /* the coding indicator */
    if (!woad_rd_ok(&rd) || rd.left < 2)
        return WOAD_ERR_FORMAT;
    bool adv_address = air->access_address == WOAD_LL_ADV_ACCESS_ADDRESS;
    if (r->link == WOAD_PCAP_LE_LL)
        air->kind = adv_address ? WOAD_AIR_ADV : WOAD_AIR_DATA_C_TO_P;
    else if (air->kind == WOAD_AIR_AUX_ADV && !adv_address)
        air->kind = WOAD_AIR_PERIODIC;
    size_t crc_len = rd.left >= 2 + CRC_LEN && rec->len >= rec->orig_len ? CRC_LEN : 0;
    air->pdu_len = rd.left - crc_len;
    air->pdu = woad_rd_take(&rd, air->pdu_len);
    if (crc_len)
        air->crc = woad_rd_u24(&rd);
    return 0;
}

int woad_pcap_hci(const struct woad_pcap_reader *r, const struct woad_pcap_rec *rec,
                  struct woad_btsnoop_rec *hci)
{
    struct woad_rd rd = woad_rd_init(rec->data, rec->len);
    *hci = (struct woad_btsnoop_rec){.time_us = rec->time_us};
    if (r->link == WOAD_PCAP_LINUX_MONITOR) { /* big endian: adapter, opcode */
        const uint8_t *p = woad_rd_take(&rd, 4);
        if (p)
            woad_btsnoop_set_monitor(hci, (uint16_t)(p[0] << 8 | p[1]),
                                     (uint16_t)(p[2] << 8 | p[3]));
    } else if (r->link == WOAD_PCAP_HCI_H4 || r->link == WOAD_PCAP_HCI_H4_PHDR) {
        const uint8_t *direction = NULL;
        if (r->link == WOAD_PCAP_HCI_H4_PHDR)
            direction = woad_rd_take(&rd, 4); /* big endian; 1: received */
        hci->type = woad_rd_u8(&rd);
        hci->received = direction ? direction[3] & 1 : hci->type == WOAD_PKT_EVT;
        if (hci->type < WOAD_PKT_CMD || hci->type > WOAD_PKT_ISO)
            return WOAD_ERR_FORMAT;
    } else {
        return WOAD_ERR_UNSUPPORTED;
    }
    if (!woad_rd_ok(&rd))
        return WOAD_ERR_FORMAT;
    hci->len = (uint32_t)rd.left;
    hci->orig_len = rec->orig_len > rec->len ? hci->len + (rec->orig_len - rec->len) : hci->len;
    hci->data = rd.p;
    return 0;
}
