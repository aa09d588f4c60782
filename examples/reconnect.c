/* examples/reconnect.c: two devices that know each other again. In their first life a phone pairs
 * with a lock, and both keep the bond in flash; then the power is gone. In their second life all
 * that is left is the flash: both use private addresses that nobody else can tell apart, the phone
 * knows the lock by its key, and the link is encrypted without pairing.
 *
 *     reconnect                                                   both lives, simulated
 *     reconnect --hci URI --state lock.flash                      the lock
 *     reconnect --hci URI --as phone --state phone.flash          the phone; run it twice */
#include <stdio.h>
#include <string.h>

#include "central.h"
#include "stage.h"
#include "woad/ad.h"
#include "woad/gap_privacy.h"
#include "woad/service_battery.h"
#include "woad/smp.h"
#include "woad/store_flash.h"

/* ---- flash: pages in memory, and in a file when one is named ----------------------------------
 */

#define BLOCK  4096u
#define BLOCKS 4u

struct flash {
    uint8_t octets[BLOCK * BLOCKS];
    bool used; /* it holds what an earlier life left */
    struct woad_flash flash;
    struct woad_store_flash log;
    struct woad_store_flash_key keys[32];
    struct woad_store store;
};
static struct flash lock_flash, phone_flash;

static int save(const struct flash *f)
{
    const char *path = stage_state();
    FILE *file = path ? fopen(path, "wb") : NULL;
    if (!path)
        return 0;
    bool ok = file && fwrite(f->octets, sizeof(f->octets), 1, file) == 1;
    return file && fclose(file) == 0 && ok ? 0 : WOAD_ERR_IO;
}

static int flash_read(void *ctx, uint32_t addr, void *to, uint32_t len)
{
    memcpy(to, ((struct flash *)ctx)->octets + addr, len);
    return 0;
}

static int flash_program(void *ctx, uint32_t addr, const void *data, uint32_t len)
{
    struct flash *f = ctx;
    for (uint32_t i = 0; i < len; i++) /* programming clears bits and sets none */
        f->octets[addr + i] &= ((const uint8_t *)data)[i];
    return save(f);
}

static int flash_erase(void *ctx, uint32_t addr)
{
    struct flash *f = ctx;
    memset(f->octets + addr, 0xFF, BLOCK);
    return save(f);
}

static void mount(struct flash *f)
{
    static const struct woad_flash_ops ops = {flash_read, flash_program, flash_erase};
    FILE *file = stage_state() ? fopen(stage_state(), "rb") : NULL;
    if (file)
        f->used = fread(f->octets, sizeof(f->octets), 1, file) == 1;
    if (file)
        fclose(file);
    if (!f->used)
        memset(f->octets, 0xFF, sizeof(f->octets));
    f->used = true;
    f->flash = (struct woad_flash){.ops = &ops,
                                   .ctx = f,
                                   .block_size = BLOCK,
                                   .block_count = BLOCKS,
                                   .unit = 4,
                                   .erased = 0xFF};
    stage_check("mount the flash", woad_store_flash_mount(&f->log, &f->flash, f->keys, 32));
    f->store = woad_store_flash_store(&f->log);
}

/* ---- whom privacy knows: the peers of the bonds -----------------------------------------------
 */

static uint16_t count_bonds(const struct woad_host *h)
{
    uint16_t count = 0;
    for (int n = woad_smp_bond_next(h, -1); n >= 0; n = woad_smp_bond_next(h, n))
        count++;
    return count;
}

static bool get_bond(const struct woad_host *h, uint16_t at, struct woad_identity *identity)
{
    struct woad_smp_bond bond;
    int n = woad_smp_bond_next(h, -1);
    while (at-- && n >= 0)
        n = woad_smp_bond_next(h, n);
    if (n < 0 || woad_smp_bond_get(h, n, &bond))
        return false;
    *identity = (struct woad_identity){.addr = bond.peer, .mode = WOAD_PRIVACY_DEVICE};
    memcpy(identity->irk, bond.irk, sizeof(identity->irk));
    return true;
}

static bool own_irk(const struct woad_host *h, uint8_t irk[16])
{
    return woad_smp_own_irk(h, irk) == 0;
}

static const struct woad_identities bonds = {count_bonds, get_bond, own_irk};
static const struct woad_privacy_cfg privacy = {.identities = &bonds};

/* A new bond is a new identity. */
static void on_security(struct woad_host *h, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_BOND_STORED)
        stage_check("refresh the identities", woad_gap_privacy_refresh(h));
}

/* ---- the lock: its battery is nobody else's business ------------------------------------------
 */

static const struct woad_gatt_attr table[] = WOAD_BATTERY_TABLE(WOAD_GATT_ENCRYPTED);
static struct woad_battery battery = {.attrs = table};

static void start_lock(struct woad_host *h)
{
    stage_check("add the service", woad_battery_add(h, &battery, 42));
}

static void on_lock(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    on_security(h, evt);
    stage_advertise(h, evt, "lock", &woad_battery_uuid);
}

/* ---- the phone ------------------------------------------------------------------------------- */

static struct woad_host *phone;
static struct woad_delayed end;

static void on_end(struct woad_work *work)
{
    (void)work;
    stage_end(0);
}

/* With a bond: the lock and no other device; without: any that has the service. */
static bool is_it(struct woad_host *h, const struct woad_host_evt *report)
{
    const struct woad_addr *addr = &report->u.report.addr;
    struct woad_addr identity;
    char text[WOAD_ADDR_STR_SIZE];
    if (!count_bonds(h)) {
        printf("phone: somebody at %s\n", woad_addr_format(addr, text));
        return woad_ad_has_uuid(report->u.report.data, report->u.report.data_len,
                                &woad_battery_uuid);
    }
    if (woad_gap_privacy_resolve(h, addr, &identity))
        return false;
    printf("phone: %s ", woad_addr_format(addr, text));
    printf("is the lock, %s\n", woad_addr_format(&identity, text));
    return true;
}

static void on_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTC_VALUE && evt->u.value.len == 1)
        printf("phone: the lock's battery is at %u %%\n", evt->u.value.data[0]);
    if (evt->type != WOAD_GATTC_DONE)
        return;
    stage_check("read", evt->u.done.err);
    phone = h; /* a second more: the lock writes its flash as well */
    woad_delayed_init(&end, on_end);
    woad_delayed_schedule(stage_work(phone), &end, WOAD_S(1));
}

static void on_found(struct central *c, struct woad_host *h)
{
    central_read(c, h, &woad_battery_level_uuid, on_value);
}

static struct central central = {.service = &woad_battery_uuid, .is_it = is_it, .found = on_found};

static void on_phone(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    on_security(h, evt);
    if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_SECURED) {
        stage_check("security", evt->u.smp->u.secured.result.err);
        printf("phone: %s, level %u, %s\n",
               evt->u.smp->u.secured.paired ? "paired" : "encrypted with the bond",
               evt->u.smp->u.secured.level, evt->u.smp->u.secured.bonded ? "bonded" : "no bond");
    }
    central_event(&central, h, evt);
}

/* ---- lives ----------------------------------------------------------------------------------- */

static void mount_lock(void)
{
    mount(&lock_flash);
}

static void mount_phone(void)
{
    mount(&phone_flash);
}

static int live(int argc, char **argv)
{
    const struct woad_smp_cfg smp[2] = {{.store = &lock_flash.store},
                                        {.store = &phone_flash.store}};
    const struct woad_gatts_cfg gatts = {.name = "lock", .store = &lock_flash.store};
    const struct woad_gattc_cfg gattc = {.store = &phone_flash.store};
    const struct woad_host_use server[] = {{&woad_gatts_part, &gatts},
                                           {&woad_smp_part, &smp[0]},
                                           {&woad_gap_privacy_part, &privacy},
                                           {NULL, NULL}};
    const struct woad_host_use client[] = {{&woad_gattc_part, &gattc},
                                           {&woad_smp_part, &smp[1]},
                                           {&woad_gap_privacy_part, &privacy},
                                           {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "lock",
         .prepare = mount_lock,
         .start = start_lock,
         .host = {.event = on_lock, .parts = server}},
        {.name = "phone", .prepare = mount_phone, .host = {.event = on_phone, .parts = client}},
    };
    return stage_main(argc, argv, roles, 2);
}

int main(int argc, char **argv)
{
    int rc = live(argc, argv);
    if (rc == 0 && stage_simulated()) {
        printf("the power was cut\n");
        rc = live(argc, argv);
    }
    return rc;
}
