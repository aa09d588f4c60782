/* Write, Write Command, Signed Write [Vol 3, Part F, 3.4.5]. */
#include <string.h>

#include "gatt/gatts_priv.h"

uint8_t woad_gatts_may_write(struct gatts_op *op, uint16_t handle)
{
    struct woad_gatt_service *service;
    const struct woad_gatt_attr *attr;
    return woad_gatts_permit(op, handle, true, &service, &attr);
}

/* ---- one value ------------------------------------------------------------------------------- */

int woad_gatts_on_write(struct gatts_op *op, struct woad_rd *r)
{
    uint16_t handle = woad_rd_u16(r);
    int err = woad_gatts_may_write(op, handle);
    return err ? err
               : woad_gatts_write_value(woad_gatts_client(op->bearer->link), op, handle, 0, r->p,
                                        (uint16_t)r->left);
}

/* A signature takes the place of encryption [Part G, 4.9.2], as far as its key goes: LE security
 * mode 2 has levels as well [Part C, 10.2.2]. The level, or an error. */
static int signed_level(struct att_bearer *b, struct woad_rd *r)
{
    const struct host_security_ops *security = b->link->h->security;
    uint8_t opcode = WOAD_ATT_SIGNED_WRITE_CMD;
    if (!security || !security->verify || b->chan || r->left < 2 + 12)
        return WOAD_ERR_SECURITY;
    const struct woad_cmac_part parts[] = {{&opcode, 1}, {r->p, r->left - 12}};
    r->left -= 12;
    return security->verify(b->link, parts, 2, r->p + r->left);
}

/* A value whose characteristic takes such commands. A descriptor has no property that says so:
 * those that can be written can be by command [Part F, 3.4.5.3], the server's own configuration
 * aside. */
static const struct woad_gatt_attr *command_target(struct att_bearer *b, uint8_t opcode,
                                                   uint16_t handle)
{
    struct woad_gatt_service *service;
    const struct gatts *g = woad_gatts_of(b->link->h);
    const struct woad_gatt_attr *attr = woad_gatt_db_find(&g->db, handle, &service);
    uint8_t property =
        opcode == WOAD_ATT_WRITE_CMD ? WOAD_GATT_WRITE_NO_RSP : WOAD_GATT_SIGNED_WRITE;
    if (!attr || attr == service->attrs)
        return NULL;
    if (attr[-1].kind != WOAD_GATT_KIND_CHARACTERISTIC)
        return attr->kind >= WOAD_GATT_KIND_CONST && opcode == WOAD_ATT_WRITE_CMD ? attr : NULL;
    return attr[-1].access & property ? attr : NULL;
}

void woad_gatts_on_command(struct att_bearer *b, uint8_t opcode, struct woad_rd *r)
{
    struct gatts_client *c = woad_gatts_client(b->link);
    if (woad_gatts_unaware(c))
        return;
    int level = opcode == WOAD_ATT_SIGNED_WRITE_CMD ? signed_level(b, r) : 0;
    if (level < 0)
        return;
    uint16_t handle = woad_rd_u16(r);
    const struct woad_gatt_attr *attr = command_target(b, opcode, handle);
    /* What asks for authorisation has no place to be asked: a command has no answer. */
    if (!attr || (attr->access >> 4 & WOAD_GATT_AUTHORIZED))
        return;
    uint8_t wanted = attr->access >> 4;
    if (woad_gatts_check(c, attr, true) == 0 || (wanted && wanted <= level))
        (void)woad_gatts_write_value(c, NULL, handle, 0, r->p, (uint16_t)r->left);
}
