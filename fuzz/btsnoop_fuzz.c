/* The btsnoop reader on any file, its records through the decoder, and back through the writer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "woad/btsnoop.h"
#include "woad/buf.h"
#include "woad/hci_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is written from a record reads back as that record. */
static void write_back(const struct woad_btsnoop_rec *rec)
{
    uint8_t *file = malloc(WOAD_BTSNOOP_FILE_HEADER_LEN + WOAD_BTSNOOP_HEAD_MAX + rec->len);
    if (!file)
        return;
    size_t n = woad_btsnoop_put_header(file, WOAD_BTSNOOP_MONITOR);
    n += woad_btsnoop_put_record(file + n, WOAD_BTSNOOP_MONITOR, rec);
    if (rec->len)
        memcpy(file + n, rec->data, rec->len);
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec again;
    if (woad_btsnoop_open(&r, file, n + rec->len) != 0 || woad_btsnoop_next(&r, &again) != 1 ||
        again.type != rec->type || again.len != rec->len || again.time_us != rec->time_us)
        abort();
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct woad_decode_visitor quiet = {0};
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    if (woad_btsnoop_open(&r, data, size) != 0)
        return 0;
    while (woad_btsnoop_next(&r, &rec) == 1) {
        (void)woad_decode_hci(rec.type, rec.data, rec.len, &quiet, NULL);
        write_back(&rec);
    }
    return 0;
}
