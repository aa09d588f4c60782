/* duet.h: two complete devices linked in the simulated radio: a server with services under test,
 * and a client that finds its way by UUID. Both pair by Just Works and bond.
 *
 *     struct duet *d = duet_new(NULL);
 *     woad_battery_add(d->server.host, &battery, 50);
 *     duet_connect(d);
 *     uint16_t level = duet_find(d, &woad_battery_uuid, &woad_battery_level_uuid, 0);
 *     assert_int_equal(duet_read(d, level), 0);
 *     d->value[0] ...
 *
 * A call of the client that fails answers the ATT error, or a negative woad_err. What should not
 * happen at all ends the program. */
#ifndef DUET_H
#define DUET_H

#include "../../tools/woad/node.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/sim.h"
#include "woad/smp.h"
#include "woad/store_ram.h"

#define DUET_NOTES 256
#define DUET_SUBS  4

struct duet_note {
    uint16_t handle;
    uint16_t len;
    uint8_t data[WOAD_ATT_VALUE_MAX];
};

struct duet_cfg {
    uint16_t att_mtu;      /* of both; 0: default */
    uint16_t att_tx_count; /* of the server; 0: default */
    uint16_t prepare_size;
    bool no_security;
};

struct duet {
    struct woad_sim *sim;
    struct node client, server;
    struct woad_host_use use[2][4];
    struct woad_store_ram ram[2];
    struct woad_store store[2];
    uint64_t store_mem[2][512];
    struct woad_addr server_addr;
    uint16_t client_conn, server_conn;
    unsigned links; /* ends that are up: 0..2 */
    unsigned ready;
    unsigned secured; /* successes seen by the client */
    struct woad_gattc_db db;
    uint16_t db_mem[512];
    struct woad_gattc_op op;
    bool done;
    int result;
    uint8_t value[WOAD_ATT_VALUE_MAX]; /* of the last read */
    uint16_t len;
    struct woad_gattc_sub subs[DUET_SUBS];
    unsigned sub_count;
    struct duet_note notes[DUET_NOTES]; /* what was notified, oldest first */
    unsigned note_count;
};

/* cfg NULL: defaults. The hosts are ready when this returns. */
struct duet *duet_new(const struct duet_cfg *cfg);
void duet_free(struct duet *d);
void duet_run_ms(struct duet *d, unsigned ms);

/* Links them and reads the server's database. */
void duet_connect(struct duet *d);
void duet_disconnect(struct duet *d);

/* The value handle of the nth characteristic of a UUID in the service; 0: none. */
uint16_t duet_find(struct duet *d, const struct woad_uuid *service, const struct woad_uuid *chr,
                   unsigned nth);
/* The handle of the descriptor of that value; 0: none. */
uint16_t duet_descriptor(struct duet *d, uint16_t value_handle, uint16_t uuid);

int duet_read(struct duet *d, uint16_t handle);
int duet_write(struct duet *d, uint16_t handle, const void *data, uint16_t len);
int duet_command(struct duet *d, uint16_t handle, const void *data, uint16_t len);
int duet_subscribe(struct duet *d, uint16_t value_handle);
int duet_unsubscribe(struct duet *d, uint16_t value_handle);
/* The client raises the link to level 2 with a bond. */
void duet_pair(struct duet *d);

#endif
