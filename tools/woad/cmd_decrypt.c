/* woad decrypt: an air capture in the clear, for tools that cannot decrypt themselves. */
#include "capture.h"
#include "commands.h"
#include "decrypt.h"
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct decrypt_opts {
    const char *keys;
    const char *key;
};

static const struct tool_opt options[] = {
    {"keys", "FILE", TOOL_STRING, offsetof(struct decrypt_opts, keys),
     "what 'woad bonds --keys' printed, as text or JSON"},
    {"key", "HEX", TOOL_STRING, offsetof(struct decrypt_opts, key),
     "a long term key: 32 hex digits, most significant octet first; several with commas between"},
    {0},
};

static const struct tool_usage usage = {
    "decrypt",
    "IN.pcap OUT.pcap [options]",
    "Writes an air capture anew with its encrypted packets in the clear, where the keys fit; they\n"
    "are marked as decrypted. Wireshark and tshark decrypt no Low Energy links themselves.\n"
    "\n"
    "  woad ether --capture air.pcap ...              what 'woad pair' and 'woad gatt' do is in "
    "it\n"
    "  woad bonds --keys --json > keys.json           keep it as you keep passwords\n"
    "  woad decrypt air.pcap clear.pcap --keys keys.json\n"
    "  tshark -r clear.pcap -Y btatt\n"
    "\n"
    "The capture must have the start of each encryption (LL_ENC_REQ to LL_START_ENC_REQ).\n"
    "\n"
    "Exit code 1 when there were encrypted packets and none could be read.",
    options,
};

struct job {
    struct capture in;
    struct decrypt d;
    FILE *out;
};

static void put32(FILE *f, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        fputc((int)(v >> (8 * i) & 0xFF), f);
}

static void write_header(FILE *f)
{
    put32(f, 0xA1B2C3D4); /* microseconds */
    put32(f, 2 | 4u << 16);
    put32(f, 0);
    put32(f, 0);
    put32(f, 65535);
    put32(f, WOAD_PCAP_LE_LL_PHDR);
}

static void write_record(FILE *f, uint64_t time_us, const uint8_t *data, size_t len)
{
    put32(f, (uint32_t)(time_us / 1000000));
    put32(f, (uint32_t)(time_us % 1000000));
    put32(f, (uint32_t)len);
    put32(f, (uint32_t)len);
    fwrite(data, 1, len, f);
}

/* A record with another PDU in the place of its own: header of the radio, address and CRC stay. */
static void write_clear(FILE *f, const struct woad_pcap_rec *rec, const struct woad_air_pkt *air,
                        const uint8_t *pdu, size_t len)
{
    uint8_t record[600];
    size_t head = (size_t)(air->pdu - rec->data), tail = rec->len - head - air->pdu_len;
    uint16_t flags = air->flags | WOAD_AIR_DECRYPTED | WOAD_AIR_MIC_CHECKED | WOAD_AIR_MIC_VALID;
    if (head + len + tail > sizeof(record))
        return;
    memcpy(record, rec->data, head);
    record[8] = (uint8_t)flags;
    record[9] = (uint8_t)(flags >> 8);
    memcpy(record + head, pdu, len);
    memcpy(record + head + len, air->pdu + air->pdu_len, tail);
    write_record(f, rec->time_us, record, head + len + tail);
}

static int convert(struct job *j)
{
    struct woad_pcap_rec rec;
    struct woad_air_pkt air;
    uint8_t pdu[2 + 255];
    size_t len;
    int got;
    write_header(j->out);
    while ((got = woad_pcap_next(&j->in.pcap, &rec)) == 1) {
        if (woad_pcap_air(&j->in.pcap, &rec, &air) == 0 && decrypt_packet(&j->d, &air, pdu, &len))
            write_clear(j->out, &rec, &air, pdu, len);
        else
            write_record(j->out, rec.time_us, rec.data, rec.len);
    }
    if (got < 0)
        tool_error("%s: cut short or damaged after packet %" PRIu32, j->in.path, j->in.pcap.index);
    return got < 0 ? TOOL_BAD_INPUT : 0;
}

static int add_keys(struct job *j, const struct decrypt_opts *o)
{
    unsigned count = o->key ? decrypt_add_keys(&j->d, o->key, strlen(o->key)) : 0;
    if (o->key && !count) {
        tool_error("--key: 32 hex digits are wanted, not '%s'", o->key);
        return TOOL_USAGE;
    }
    if (!o->keys)
        return 0;
    size_t len;
    uint8_t *text = tool_read_file(o->keys, &len);
    if (!text)
        return TOOL_IO;
    count = decrypt_add_keys(&j->d, (const char *)text, len);
    free(text);
    if (!count)
        tool_error("%s: no key in it; 'woad bonds --keys' prints them", o->keys);
    return count ? 0 : TOOL_BAD_INPUT;
}

static int run(struct job *j, const char *out)
{
    if (!j->in.is_pcap || j->in.pcap.link != WOAD_PCAP_LE_LL_PHDR) {
        tool_error("%s: no air capture with radio headers (pcap link type 256)", j->in.path);
        return TOOL_BAD_INPUT;
    }
    j->out = fopen(out, "wb");
    int rc = j->out ? convert(j) : TOOL_IO;
    bool failed = !j->out || ferror(j->out);
    if (j->out && fclose(j->out) != 0)
        failed = true;
    if (failed) {
        tool_error("cannot write %s", out);
        return TOOL_IO;
    }
    printf("%" PRIu64 " encrypted packets read, %" PRIu64 " not\n", j->d.read, j->d.failed);
    return rc ? rc : j->d.failed && !j->d.read ? TOOL_FAILED : TOOL_OK;
}

int woad_cmd_decrypt(int argc, char **argv)
{
    struct decrypt_opts o = {0};
    int first;
    int rc = tool_parse(&usage, argc, argv, &o, &first);
    if (rc < 0 && argc - first != 2)
        rc = tool_usage_error(&usage, "name the capture and the file to write");
    if (rc < 0 && !o.keys && !o.key)
        rc = tool_usage_error(&usage, "give --keys or --key");
    if (rc >= 0)
        return rc;
    struct job *j = calloc(1, sizeof(*j));
    if (!j)
        return TOOL_FAILED;
    rc = woad_crypto_init() == 0 ? add_keys(j, &o) : TOOL_FAILED;
    if (rc == 0)
        rc = capture_open(&j->in, argv[first]);
    if (rc == 0) {
        rc = run(j, argv[first + 1]);
        capture_close(&j->in);
    }
    decrypt_deinit(&j->d);
    free(j);
    return rc;
}
