/* Faults in words: what a transport said of one, else what its error means here. Not linked unless
 * an application wants to read it. */
#include "host_priv.h"

void woad_host_fault(struct woad_host *h, const char *what)
{
    woad_host_enter(h);
    if (h->state == HOST_OFF || h->fault_err)
        return;
    h->fault_what = what ? what : "the transport failed";
    woad_host_fail(h, WOAD_ERR_FAULT, 0);
}

const char *woad_host_fault_text(const struct woad_host_evt *evt)
{
    static const struct {
        int8_t err;
        const char *text;
    } rows[] = {
        {WOAD_ERR_TIMEOUT, "the controller did not take or answer a command in time"},
        {WOAD_ERR_FORMAT, "the controller reports no buffers for ACL data"},
        {WOAD_ERR_REFUSED, "the controller refused a command that start-up needs"},
        {WOAD_ERR_NO_MEM, "the controller makes links faster than it ends them"},
        {WOAD_ERR_TOO_LONG, "an ACL packet is longer than acl_rx_len of the configuration"},
    };
    if (evt->u.fault.what)
        return evt->u.fault.what;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].err == evt->u.fault.err)
            return rows[i].text;
    return "the controller reported a hardware error";
}
