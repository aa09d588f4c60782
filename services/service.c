#include "service.h"

void woad_service_give(struct woad_host *h, const struct woad_gatts_evt *evt, const void *value,
                       uint16_t len)
{
    uint16_t offset = evt->u.read.offset;
    if (offset > len)
        (void)!woad_gatts_answer(h, evt->u.read.req, WOAD_ATT_ERR_INVALID_OFFSET, NULL, 0);
    else
        (void)!woad_gatts_answer(h, evt->u.read.req, 0, (const uint8_t *)value + offset,
                                 (uint16_t)(len - offset));
}

void woad_service_answer(struct woad_host *h, const struct woad_gatts_evt *evt, uint8_t error)
{
    if (evt->u.write.req)
        (void)!woad_gatts_answer(h, evt->u.write.req, error, NULL, 0);
}
