/* Calls that wait: the security of a link, and answers to the questions of pairing. */
#include "sync_priv.h"

typedef int secure_fn(struct woad_host *h, uint16_t conn, uint8_t level);

struct secure {
    secure_fn *fn;
    uint8_t level;
    bool again; /* one of the host's own was under way: then ours */
};

static int start(struct woad_sync_call *c)
{
    struct secure *args = c->args;
    int err = args->fn(c->sync->host, c->conn, args->level);
    args->again = err == WOAD_ERR_BUSY;
    return args->again ? 0 : err;
}

static void on_event(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    struct secure *args = c->args;
    struct woad_sync_secured *to = c->to;
    if (evt->type != WOAD_EVT_SECURITY || evt->conn != c->conn ||
        evt->u.smp->type != WOAD_SMP_SECURED)
        return;
    if (args && args->again && !c->ended) {
        int err = start(c);
        if (err < 0)
            woad_sync_finish(c, err);
        return;
    }
    if (to)
        *to = (struct woad_sync_secured){
            .level = evt->u.smp->u.secured.level,
            .key_size = evt->u.smp->u.secured.key_size,
            .method = evt->u.smp->u.secured.method,
            .paired = evt->u.smp->u.secured.paired,
            .bonded = evt->u.smp->u.secured.bonded,
        };
    c->why.hci = evt->u.smp->u.secured.result.hci;
    c->why.smp = evt->u.smp->u.secured.reason;
    woad_sync_finish(c, evt->u.smp->u.secured.result.err);
}

static int begin(struct woad_sync_call *c)
{
    c->on_event = on_event;
    return start(c);
}

static void end(struct woad_sync_call *c)
{
    if (woad_smp_cancel(c->sync->host, c->conn) < 0)
        woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

static int secure(struct woad_sync *s, uint16_t conn, struct secure *args,
                  struct woad_sync_secured *result, woad_time timeout_us)
{
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->conn = conn;
    c->start = begin;
    c->end = end;
    c->args = args;
    c->to = result;
    return woad_sync_do(c);
}

int woad_sync_secure(struct woad_sync *s, uint16_t conn, uint8_t level,
                     struct woad_sync_secured *result, woad_time timeout_us)
{
    return secure(s, conn, &(struct secure){woad_smp_secure, level, false}, result, timeout_us);
}

int woad_sync_pair(struct woad_sync *s, uint16_t conn, uint8_t level,
                   struct woad_sync_secured *result, woad_time timeout_us)
{
    return secure(s, conn, &(struct secure){woad_smp_pair, level, false}, result, timeout_us);
}

/* What cannot be answered now was answered by somebody else. */
static void question(struct woad_sync *s, const struct woad_host_evt *evt)
{
    uint8_t type = evt->u.smp->type;
    woad_kernel_lock(s->kernel);
    bool knows_passkey = s->knows_passkey, says_yes = s->says_yes;
    uint32_t passkey = s->passkey;
    woad_kernel_unlock(s->kernel);
    if (type == WOAD_SMP_ENTER && knows_passkey)
        (void)!woad_smp_passkey(s->host, evt->conn, passkey);
    else if (type == WOAD_SMP_COMPARE && says_yes)
        (void)!woad_smp_confirm(s->host, evt->conn, true);
    else if (type == WOAD_SMP_ASK && says_yes)
        (void)!woad_smp_accept(s->host, evt->conn, true);
}

void woad_sync_set_answers(struct woad_sync *s, int32_t passkey, bool yes)
{
    woad_kernel_lock(s->kernel);
    s->knows_passkey = passkey >= 0;
    s->passkey = s->knows_passkey ? (uint32_t)passkey : 0;
    s->says_yes = yes;
    s->question = question;
    woad_kernel_unlock(s->kernel);
}
