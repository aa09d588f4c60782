#include "agent.h"
#include "input.h"
#include "keys.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void say(struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct agent *a, const char *fmt, ...)
{
    FILE *to = a->out ? a->out : stdout;
    va_list ap;
    va_start(ap, fmt);
    vfprintf(to, fmt, ap);
    va_end(ap);
    fflush(to);
}

bool agent_passkey(const char *text, uint32_t *value)
{
    if (strlen(text) != 6 || strspn(text, "0123456789") != 6)
        return false;
    *value = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

int agent_line(struct agent *a, struct woad_host *h, const char *line)
{
    uint8_t what = a->awaits;
    uint32_t value;
    int yes = input_yes_no(line);
    if (what == WOAD_SMP_ENTER && !agent_passkey(line, &value)) {
        say(a, "Six digits, please: ");
        return 0;
    }
    if (what != WOAD_SMP_ENTER && yes < 0) {
        say(a, "yes or no: ");
        return 0;
    }
    a->awaits = 0;
    if (what == WOAD_SMP_ENTER)
        return woad_smp_passkey(h, a->conn, value);
    return what == WOAD_SMP_COMPARE ? woad_smp_confirm(h, a->conn, yes)
                                    : woad_smp_accept(h, a->conn, yes);
}

static void ask(struct agent *a, struct woad_host *h, const struct woad_host_evt *evt)
{
    int err = 0;
    bool enter = evt->u.smp->type == WOAD_SMP_ENTER;
    a->awaits = evt->u.smp->type;
    a->conn = evt->conn;
    if (enter && a->passkey)
        err = agent_line(a, h, a->passkey);
    else if (!enter && a->yes)
        err = agent_line(a, h, "yes");
    else
        return;
    say(a, "%s\n", err < 0 ? woad_err_text(err) : enter ? a->passkey : "yes");
}

static const char *why_asked(uint8_t why)
{
    switch (why) {
    case WOAD_SMP_ASK_WEAKER: return "The new bond would be weaker than the one there is.";
    case WOAD_SMP_ASK_LOST: return "It does not use the bond that we have with it.";
    case WOAD_SMP_ASK_IDENTITY: return "It claims to be a device we have a bond with.";
    default: return "The device wants to pair.";
    }
}

void agent_event(struct agent *a, struct woad_host *h, const struct woad_host_evt *evt)
{
    const struct woad_smp_evt *smp = evt->u.smp;
    switch (smp->type) {
    case WOAD_SMP_SECURED: a->awaits = 0; break;
    case WOAD_SMP_SHOW:
        say(a, "Type this passkey into the other device: %06u\n", smp->u.passkey);
        break;
    case WOAD_SMP_ENTER:
        say(a, "The passkey that the other device shows: ");
        ask(a, h, evt);
        break;
    case WOAD_SMP_COMPARE:
        say(a, "Does the other device show %06u as well? ", smp->u.passkey);
        ask(a, h, evt);
        break;
    case WOAD_SMP_ASK:
        say(a, "%s Accept? ", why_asked(smp->u.ask.why));
        ask(a, h, evt);
        break;
    case WOAD_SMP_BOND_FULL:
        tool_error("the store is full: the bond is not kept; 'woad bonds --remove' makes room");
        break;
    case WOAD_SMP_BOND_LOST: tool_error("the bond could not be written to the store"); break;
    default: break;
    }
}

void agent_report(struct agent *a, const struct woad_smp_evt *evt)
{
    if (evt->u.secured.result.err == 0)
        say(a, "%s: level %u, key of %u octets, %s, %s\n",
            evt->u.secured.paired ? "Paired" : "Encrypted with the bond there was",
            evt->u.secured.level, evt->u.secured.key_size,
            evt->u.secured.paired ? keys_method(evt->u.secured.method) : "no new pairing",
            evt->u.secured.bonded ? "bond kept" : "no bond");
    else if (evt->u.secured.reason)
        tool_error("not paired: %s (said by %s)", woad_smp_reason_text(evt->u.secured.reason),
                   evt->u.secured.by_peer ? "the other device" : "us");
    else
        tool_error("not paired: %s", woad_err_text(evt->u.secured.result.err));
}
