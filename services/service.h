/* What the ready services share: answers. */
#ifndef WOAD_SERVICES_SERVICE_H
#define WOAD_SERVICES_SERVICE_H

#include "woad/gatts.h"

/* Answers READ with what of the value lies behind its offset. */
void woad_service_give(struct woad_host *h, const struct woad_gatts_evt *evt, const void *value,
                       uint16_t len);
/* Answers WRITE, unless it is a command. error: 0 or an ATT error. */
void woad_service_answer(struct woad_host *h, const struct woad_gatts_evt *evt, uint8_t error);

#endif
