#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "woad/crypto.h"

bool peer_end(struct peer_run *r, int exit_code)
{
    if (r->exit_code >= 0)
        return false;
    r->exit_code = exit_code;
    return true;
}

void peer_check(struct peer_run *r, int err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, woad_err_text(err));
    peer_end(r, 1);
}

static void rand_bytes(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    if (woad_crypto_random(to, len) < 0)
        abort();
}

static int begin(struct peer_run *r, const struct peer_cfg *cfg)
{
    int err = woad_runtime_init(&r->rt, &(struct woad_runtime_cfg){.model = WOAD_RUN_COOP,
                                                                   .host = r->host,
                                                                   .transport = r->uri.transport});
    if (!err && cfg->start)
        err = cfg->start(r);
    if (!err)
        err = woad_host_start(r->host);
    return err ? err : woad_runtime_start(&r->rt);
}

static void pump(struct peer_run *r, const struct peer_cfg *cfg)
{
    woad_time deadline = woad_kernel_now(r->rt.kernel) + WOAD_S(cfg->timeout_s);
    while (r->exit_code < 0) {
        woad_time now = woad_kernel_now(r->rt.kernel);
        int err = woad_runtime_turn(&r->rt, now + 5000);
        if (err && err != WOAD_ERR_TIMEOUT)
            peer_check(r, err, "the transport");
        else if (now > deadline)
            peer_check(r, WOAD_ERR_TIMEOUT, "the program");
        else if (cfg->turn)
            cfg->turn(r);
    }
}

int peer_run(struct peer_run *r, const struct peer_cfg *cfg)
{
    struct woad_host_cfg host = cfg->host;
    r->exit_code = -1;
    host.rand = rand_bytes;
    host.cmd_timeout_ms = 60000; /* the machine may be busy */
    if (woad_uri_init(&r->uri, cfg->uri, &(struct woad_uri_cfg){0}) < 0) {
        fprintf(stderr, "%s\n", r->uri.why);
        return 2;
    }
    size_t mem_size = woad_host_mem_size(&host);
    void *mem = malloc(mem_size);
    if (!mem || woad_crypto_init() < 0 || woad_host_init(mem, mem_size, &host, &r->host) < 0)
        return 1;
    peer_check(r, begin(r, cfg), cfg->uri);
    pump(r, cfg);
    woad_runtime_stop(&r->rt);
    woad_runtime_deinit(&r->rt);
    woad_host_deinit(r->host);
    woad_uri_deinit(&r->uri);
    free(mem);
    return r->exit_code;
}
