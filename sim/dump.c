/* Transmission dumps in BabbleSim's form: a file a device, a line a packet. Lines are collected and
 * written before time is reported to have passed them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_priv.h"

enum {
    OPEN_MAX_FILES = 200, /* beyond, a file is opened for each piece written */
    LINE_MAX_LEN = 192 + 3 * SIM_OCTETS_MAX,
};

struct dump_dev {
    FILE *file;
    char *text; /* not yet written */
    size_t len, size;
    bool started; /* has its column names */
    bool dirty;
};

struct sim_dump {
    char *dir;
    struct dump_dev *devs;
    uint32_t count;
    uint32_t *dirty; /* numbers of devices with text */
    uint32_t dirty_count;
    uint32_t open_count;
    uint32_t known; /* devices that have a file */
    bool failed;
};

int woad_sim_dump_open(struct woad_sim *sim, const char *dir)
{
    if (sim->dump)
        return WOAD_ERR_EXISTS;
    sim->dump = calloc(1, sizeof(*sim->dump));
    char *copy = malloc(strlen(dir) + 1);
    if (!sim->dump || !copy) {
        free(sim->dump);
        free(copy);
        sim->dump = NULL;
        return WOAD_ERR_NO_MEM;
    }
    sim->dump->dir = strcpy(copy, dir);
    char path[4096];
    snprintf(path, sizeof(path), "%s/d_2G4_00.Tx.csv", dir);
    FILE *probe = fopen(path, "w");
    if (probe && fclose(probe) == 0)
        return 0;
    woad_sim_dump_close(sim);
    return WOAD_ERR_IO;
}

static struct dump_dev *dump_dev(struct sim_dump *dump, uint32_t index)
{
    if (index >= dump->count) {
        uint32_t count = index + 1 > 2 * dump->count ? index + 1 : 2 * dump->count;
        dump->devs = woad_sim_must(realloc(dump->devs, count * sizeof(*dump->devs)));
        dump->dirty = woad_sim_must(realloc(dump->dirty, count * sizeof(*dump->dirty)));
        memset(dump->devs + dump->count, 0, (count - dump->count) * sizeof(*dump->devs));
        dump->count = count;
    }
    struct dump_dev *dev = &dump->devs[index];
    if (!dev->dirty) {
        dev->dirty = true;
        dump->dirty[dump->dirty_count++] = index;
    }
    if (dev->size - dev->len < LINE_MAX_LEN) {
        dev->size = 2 * dev->size + 2 * LINE_MAX_LEN;
        dev->text = woad_sim_must(realloc(dev->text, dev->size));
    }
    return dev;
}

static size_t put_octets(char *to, const uint8_t *octets, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    char *p = to;
    for (size_t i = 0; i < len; i++) {
        *p++ = digits[octets[i] >> 4];
        *p++ = digits[octets[i] & 15];
        *p++ = i + 1 < len ? ' ' : '\n';
    }
    return (size_t)(p - to);
}

/* end_time is the last microsecond of the packet. A transmission is never planned to be aborted:
 * abort_time and recheck_time are "never". */
void woad_sim_dump_write(struct woad_sim *sim, const struct sim_pkt *pkt)
{
    static const uint8_t modulation[] = {0, 16, 32, 33, 33};
    struct dump_dev *dev = dump_dev(sim->dump, pkt->dev->index);
    char *to = dev->text + dev->len;
    int n = snprintf(to, LINE_MAX_LEN,
                     "%" PRIu64 ",%" PRIu64 ",%u.000000,0x%08" PRIX32 ",%u,%d.000000,%" PRIu64
                     ",%" PRIu64 ",%u,",
                     pkt->start_ns / 1000, (pkt->tx_end_ns - 1) / 1000, 2u + 2u * pkt->rf,
                     pkt->access_address, modulation[pkt->phy], pkt->power_dbm, UINT64_MAX,
                     UINT64_MAX, pkt->len);
    dev->len += (size_t)n + put_octets(to + n, pkt->octets, pkt->len);
}

static FILE *open_file(struct sim_dump *dump, struct dump_dev *dev, uint32_t index)
{
    char path[4096];
    if (dev->file)
        return dev->file;
    snprintf(path, sizeof(path), "%s/d_2G4_%02" PRIu32 ".Tx.csv", dump->dir, index);
    FILE *file = fopen(path, dev->started ? "a" : "w");
    if (file && !dev->started) {
        fputs("start_time,end_time,center_freq,phy_address,modulation,power_level,abort_time,"
              "recheck_time,packet_size,packet\n",
              file);
        dev->started = true;
    }
    return file;
}

static void write_dev(struct sim_dump *dump, struct dump_dev *dev, uint32_t index)
{
    FILE *file = open_file(dump, dev, index);
    dev->dirty = false;
    if (!file) {
        dump->failed = true;
        dev->len = 0;
        return;
    }
    dump->failed |= fwrite(dev->text, 1, dev->len, file) != dev->len;
    dev->len = 0;
    if (dev->file || dump->open_count < OPEN_MAX_FILES) {
        dump->open_count += !dev->file;
        dev->file = file;
        dump->failed |= fflush(file) != 0;
    } else {
        dump->failed |= fclose(file) != 0;
    }
}

int woad_sim_dump_flush(struct woad_sim *sim)
{
    struct sim_dump *dump = sim->dump;
    if (!dump)
        return 0;
    for (; dump->known < sim->dev_count; dump->known++)
        dump_dev(dump, dump->known); /* every device has a file, if only with the column names */
    for (uint32_t i = 0; i < dump->dirty_count; i++)
        write_dev(dump, &dump->devs[dump->dirty[i]], dump->dirty[i]);
    dump->dirty_count = 0;
    return dump->failed ? WOAD_ERR_IO : 0;
}

void woad_sim_dump_close(struct woad_sim *sim)
{
    struct sim_dump *dump = sim->dump;
    if (!dump)
        return;
    woad_sim_dump_flush(sim);
    for (uint32_t i = 0; i < dump->count; i++) {
        if (dump->devs[i].file)
            fclose(dump->devs[i].file);
        free(dump->devs[i].text);
    }
    free(dump->devs);
    free(dump->dirty);
    free(dump->dir);
    free(dump);
    sim->dump = NULL;
}
