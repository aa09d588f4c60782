/* tools/woad/agent.h: the person in pairing: shows numbers, asks for passkeys and yes or no.
 *
 *     struct agent a = {.yes = o.yes, .passkey = o.passkey};
 *     ... on WOAD_EVT_SECURITY:     agent_event(&a, h, evt)
 *     ... a line was typed:         if (a.awaits) agent_line(&a, h, line);
 */
#ifndef WOAD_AGENT_H
#define WOAD_AGENT_H

#include "woad/smp.h"

#include <stdio.h>

struct agent {
    const char *passkey; /* known beforehand, six digits, or NULL */
    bool yes;            /* to every question */
    FILE *out;           /* NULL: stdout */
    uint16_t conn;       /* of the open question */
    uint8_t awaits;      /* enum woad_smp_evt_type of the open question, or 0 */
};

/* Handles what a person has to do with; SECURED closes the question. */
void agent_event(struct agent *a, struct woad_host *h, const struct woad_host_evt *evt);

/* The answer to the open question. 0 or a woad_err of the call it led to. */
int agent_line(struct agent *a, struct woad_host *h, const char *line);

/* Whether text is a passkey: six digits. */
bool agent_passkey(const char *text, uint32_t *value);

/* "Paired: level 4, ...", or the reason of a failure as an error message. */
void agent_report(struct agent *a, const struct woad_smp_evt *evt);

#endif
