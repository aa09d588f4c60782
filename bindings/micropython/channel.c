/* _woad: L2CAPChannel, a channel as a stream; bluetooth.py hands it out.
 *
 * read(n) and readinto(buf) wait for all of it, as streams of MicroPython do; what they cannot wait
 * for (timeout, non-blocking) they return short, and None or ETIMEDOUT when there was nothing at
 * all. What an exception (Ctrl-C, no memory) took out of a call is kept for the next one. So no
 * octet is lost. The end comes after the last octet.
 */
#include "mp_woad.h"

#include <string.h>

#include "py/stream.h"

typedef struct {
    mp_obj_base_t base;
    unsigned place;
    uint32_t serial;
    woad_time timeout_us; /* 0 does not wait, NEVER waits for ever */
    bool closed;
    uint8_t *kept; /* of a read that was interrupted: octets from..to, on the collected heap */
    size_t kept_from, kept_to;
} channel_obj_t;

static const mp_obj_type_t channel_type;

#define PIECE 512 /* of what is read until the end */

/* The channel, or NULL when it has gone. As owner of the host. */
static struct mpw_chan *chan(const channel_obj_t *o)
{
    struct mpw *m = mpw_on();
    return m && !o->closed ? mpw_chan_at(m, o->place, o->serial) : NULL;
}

/* A transfer under way: what test() tries anew after each turn. */
struct transfer {
    channel_obj_t *o;
    uint8_t *buf;
    size_t len, done;
    bool all;   /* else the first octets are enough */
    bool ended; /* end of stream, or the channel is not there */
    int error;
};

static void take_kept(struct transfer *t)
{
    channel_obj_t *o = t->o;
    size_t n = MIN(t->len - t->done, o->kept_to - o->kept_from);
    if (!n)
        return;
    memcpy(t->buf + t->done, o->kept + o->kept_from, n);
    t->done += n;
    o->kept_from += n;
    if (o->kept_from == o->kept_to) {
        o->kept = NULL;
        o->kept_from = o->kept_to = 0;
    }
}

static bool read_step(void *arg)
{
    struct transfer *t = arg;
    take_kept(t);
    while (t->done < t->len) {
        struct mpw_chan *c = chan(t->o);
        long n = c ? woad_l2cap_read(mpw_state()->host, c->chan, t->buf + t->done, t->len - t->done)
                   : WOAD_ERR_EOF;
        if (n == WOAD_ERR_AGAIN)
            return t->done && !t->all;
        if (n <= 0) {
            t->ended = true;
            t->error = c ? c->error : 0;
            return true;
        }
        t->done += (size_t)n;
    }
    mpw_chan_emptied(mpw_state(), chan(t->o));
    return true;
}

static bool write_step(void *arg)
{
    struct transfer *t = arg;
    while (t->done < t->len) {
        struct mpw_chan *c = chan(t->o);
        long n = c ? mpw_chan_write(mpw_state(), c, t->buf + t->done, t->len - t->done)
                   : WOAD_ERR_NOT_CONNECTED;
        if (n == WOAD_ERR_AGAIN)
            return false;
        if (n <= 0) {
            t->error = mpw_errno((int)n);
            return true;
        }
        t->done += (size_t)n;
    }
    return true;
}

/* Tries, and waits as long as the channel's timeout allows. 0, MP_EAGAIN, MP_ETIMEDOUT ... */
static int run(struct transfer *t, bool (*step)(void *arg))
{
    struct mpw *m = mpw_on();
    if (!m)
        return t->o->closed ? MP_EBADF : MP_ENOTCONN;
    if (t->o->closed)
        return MP_EBADF;
    mpw_enter();
    bool done = step(t);
    mpw_leave();
    if (done)
        return 0;
    if (!t->o->timeout_us)
        return MP_EAGAIN;
    return mpw_wait(m, step, t, t->o->timeout_us);
}

/* The protocol of streams: what there is, for polls and for other users of streams in C. */
static mp_uint_t channel_read(mp_obj_t self, void *buf, mp_uint_t size, int *errcode)
{
    struct transfer t = {.o = MP_OBJ_TO_PTR(self), .buf = buf, .len = size};
    int err = size ? run(&t, read_step) : 0;
    if (!t.done && (err || t.error)) {
        *errcode = err ? err : t.error;
        return MP_STREAM_ERROR;
    }
    return t.done;
}

static mp_uint_t channel_write(mp_obj_t self, const void *buf, mp_uint_t size, int *errcode)
{
    struct transfer t = {.o = MP_OBJ_TO_PTR(self), .buf = (uint8_t *)(uintptr_t)buf, .len = size};
    int err = size ? run(&t, write_step) : 0;
    if (!t.done && (err || t.error)) {
        *errcode = err ? err : t.error;
        return MP_STREAM_ERROR;
    }
    return t.done;
}

static bool is_ended(void *arg)
{
    const struct mpw_chan *c = chan(arg);
    return !c || c->closed || c->over;
}

static int channel_close(channel_obj_t *o, bool flush, woad_time timeout_us)
{
    struct mpw *m = mpw_on();
    int err = 0;
    if (o->closed)
        return 0;
    if (m) {
        mpw_enter();
        struct mpw_chan *c = chan(o);
        bool waiting = c && !c->closed;
        if (waiting && c->open)
            (void)mpw_chan_end(m, c, flush);
        mpw_leave();
        if (waiting && timeout_us && !m->up)
            err = mpw_wait(m, is_ended, o, timeout_us);
        mpw_enter();
        c = chan(o);
        if (c)
            c->attached = false;
        if (c && err) /* out of time: the rest is dropped */
            (void)mpw_chan_end(m, c, false);
        else if (c && (c->closed || c->over))
            mpw_chan_free(m, c);
        mpw_leave();
    }
    o->closed = true;
    return err;
}

static mp_uint_t channel_poll(const channel_obj_t *o, mp_uint_t wanted)
{
    struct mpw *m = mpw_on();
    mp_uint_t ready = 0;
    if (o->closed)
        return MP_STREAM_POLL_NVAL;
    if (!m)
        return (wanted & MP_STREAM_POLL_RD) | MP_STREAM_POLL_HUP;
    mpw_enter();
    const struct mpw_chan *c = chan(o);
    if (o->kept_to)
        ready = wanted & MP_STREAM_POLL_RD;
    if (!c || !c->open)
        ready |= MP_STREAM_POLL_HUP | (wanted & MP_STREAM_POLL_RD);
    else if (mpw_chan_writable(c))
        ready |= wanted & MP_STREAM_POLL_WR;
    if (c && woad_l2cap_available(m->host, c->chan))
        ready |= wanted & MP_STREAM_POLL_RD;
    mpw_leave();
    return ready;
}

static mp_uint_t channel_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t arg, int *errcode)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(self);
    if (request == MP_STREAM_POLL)
        return channel_poll(o, arg);
    if (request == MP_STREAM_CLOSE) { /* of the finaliser: nothing waits */
        (void)channel_close(o, true, 0);
        return 0;
    }
    *errcode = MP_EINVAL;
    return MP_STREAM_ERROR;
}

/* ---- methods --------------------------------------------------------------------------------- */

/* The count; None: nothing now, non-blocking; else why nothing was moved. */
static mp_obj_t count_or_raise(const channel_obj_t *o, const struct transfer *t, int err)
{
    if (t->done || !t->len)
        return MP_OBJ_NEW_SMALL_INT(t->done);
    if (err == MP_EAGAIN && !o->timeout_us)
        return mp_const_none;
    if (err || t->error)
        mp_raise_OSError(err ? err : t->error);
    return MP_OBJ_NEW_SMALL_INT(0);
}

/* Leaves what t has read to the next call. buf is t's, of the collected heap, or NULL: a copy is
 * made. False: there is no memory for that. */
static bool keep(const struct transfer *t, uint8_t *buf)
{
    channel_obj_t *o = t->o;
    if (o->kept_to) { /* not at its end: all of t's came from there, unless another one read */
        if (o->kept_from < t->done)
            return false;
        o->kept_from -= t->done;
        return true;
    }
    if (!t->done)
        return true;
    if (!buf) {
        buf = m_new_maybe(uint8_t, t->done);
        if (!buf)
            return false;
        memcpy(buf, t->buf, t->done);
    }
    o->kept = buf;
    o->kept_to = t->done;
    return true;
}

/* Reads all of it. Whatever raises leaves the octets with the channel; without memory for them,
 * the call returns what there is, and the program hears of the exception next. */
static int read_all(struct transfer *t, bool collected)
{
    int err = 0;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        err = t->len ? run(t, read_step) : 0;
        nlr_pop();
    } else if (keep(t, collected ? t->buf : NULL)) {
        nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
    } else {
        mp_sched_exception(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    return err;
}

/* The octets of v, which t has read. */
static mp_obj_t bytes_of(struct transfer *t, vstr_t *v)
{
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t bytes = mp_obj_new_bytes_from_vstr(v);
        nlr_pop();
        return bytes;
    }
    t->done = v->len;
    (void)keep(t, (uint8_t *)v->buf);
    nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
}

static mp_obj_t channel_readinto(size_t n_args, const mp_obj_t *args)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(args[0]);
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[1], &buf, MP_BUFFER_WRITE);
    size_t len = buf.len;
    if (n_args > 2) {
        mp_int_t most = mp_obj_get_int(args[2]);
        if (most < 0)
            mp_raise_ValueError(NULL);
        len = (size_t)most < len ? (size_t)most : len;
    }
    struct transfer t = {.o = o, .buf = buf.buf, .len = len, .all = true};
    int err = read_all(&t, false);
    return count_or_raise(o, &t, err);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(channel_readinto_obj, 2, 3, channel_readinto);

static mp_obj_t read_exactly(channel_obj_t *o, size_t len)
{
    vstr_t v;
    vstr_init_len(&v, len);
    struct transfer t = {.o = o, .buf = (uint8_t *)v.buf, .len = len, .all = true};
    int err = read_all(&t, true);
    mp_obj_t count = count_or_raise(o, &t, err);
    if (count == mp_const_none)
        return count;
    v.len = t.done;
    return bytes_of(&t, &v);
}

/* What t reads goes behind what v has; the channel keeps all of it when that raises. */
static int read_piece(struct transfer *t, vstr_t *v)
{
    int err = 0;
    nlr_buf_t nlr;
    t->done = 0;
    if (nlr_push(&nlr) == 0) {
        vstr_hint_size(v, PIECE);
        t->buf = (uint8_t *)v->buf + v->len;
        err = run(t, read_step);
        nlr_pop();
    } else {
        t->done += v->len;
        (void)keep(t, (uint8_t *)v->buf);
        nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    v->len += t->done;
    return err;
}

/* Until the end of the stream. */
static mp_obj_t read_to_end(channel_obj_t *o)
{
    vstr_t v;
    struct transfer t = {.o = o, .len = PIECE};
    vstr_init(&v, PIECE);
    for (;;) {
        int err = read_piece(&t, &v);
        if (t.ended || err || t.error) {
            if (!v.len && count_or_raise(o, &t, err) == mp_const_none)
                return mp_const_none;
            return bytes_of(&t, &v);
        }
    }
}

static mp_obj_t channel_read_method(size_t n_args, const mp_obj_t *args)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(args[0]);
    mp_int_t n = n_args > 1 && args[1] != mp_const_none ? mp_obj_get_int(args[1]) : -1;
    return n < 0 ? read_to_end(o) : read_exactly(o, (size_t)n);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(channel_read_obj, 1, 2, channel_read_method);

static mp_obj_t channel_write_method(size_t n_args, const mp_obj_t *args)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(args[0]);
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[1], &buf, MP_BUFFER_READ);
    size_t offset = 0, len = buf.len;
    if (n_args > 2) { /* write(buf, len) and write(buf, offset, len), as other streams have them */
        mp_int_t a = mp_obj_get_int(args[2]);
        mp_int_t b = n_args > 3 ? mp_obj_get_int(args[3]) : a;
        if (a < 0 || b < 0)
            mp_raise_ValueError(NULL);
        offset = n_args > 3 ? MIN((size_t)a, len) : 0;
        len = MIN((size_t)b, len - offset);
    }
    struct transfer t = {.o = o, .buf = (uint8_t *)buf.buf + offset, .len = len};
    int err = len ? run(&t, write_step) : 0;
    return count_or_raise(o, &t, err);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(channel_write_obj, 2, 4, channel_write_method);

static mp_obj_t channel_readline(size_t n_args, const mp_obj_t *args)
{
    (void)n_args;
    (void)args;
    mp_raise_NotImplementedError(
        MP_ERROR_TEXT("a channel has no lines and no octet to give back: use read or readinto"));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(channel_readline_obj, 1, 2, channel_readline);

static bool is_flushed(void *arg)
{
    const struct mpw_chan *c = chan(arg);
    return !c || !c->open || (!c->blocks && !c->gather);
}

static mp_obj_t channel_flush(mp_obj_t self)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(self);
    struct mpw *m = mpw_on();
    if (o->closed)
        mp_raise_OSError(MP_EBADF);
    int err = m ? mpw_wait(m, is_flushed, o, o->timeout_us) : MP_ENOTCONN;
    if (err)
        mp_raise_OSError(err);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(channel_flush_obj, channel_flush);

static mp_obj_t channel_close_method(size_t n_args, const mp_obj_t *args)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(args[0]);
    bool flush = n_args < 2 || mp_obj_is_true(args[1]);
    int err = channel_close(o, flush, o->timeout_us);
    if (err)
        mp_raise_OSError(err);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(channel_close_obj, 1, 2, channel_close_method);

static mp_obj_t channel_del(mp_obj_t self)
{
    (void)channel_close(MP_OBJ_TO_PTR(self), true, 0);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(channel_del_obj, channel_del);

static mp_obj_t channel_exit(size_t n_args, const mp_obj_t *args)
{
    (void)n_args;
    return channel_close_method(1, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(channel_exit_obj, 4, 4, channel_exit);

static mp_obj_t channel_setblocking(mp_obj_t self, mp_obj_t blocking)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(self);
    o->timeout_us = mp_obj_is_true(blocking) ? WOAD_TIME_NEVER : 0;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(channel_setblocking_obj, channel_setblocking);

static mp_obj_t channel_settimeout(mp_obj_t self, mp_obj_t seconds)
{
    channel_obj_t *o = MP_OBJ_TO_PTR(self);
    if (seconds == mp_const_none) {
        o->timeout_us = WOAD_TIME_NEVER;
        return mp_const_none;
    }
#if MICROPY_PY_BUILTINS_FLOAT
    mp_float_t s = mp_obj_get_float(seconds);
    bool valid = s >= 0 && s < (mp_float_t)1e12;
    o->timeout_us = valid ? (woad_time)(s * 1000000) : o->timeout_us;
#else
    mp_int_t s = mp_obj_get_int(seconds);
    bool valid = s >= 0;
    o->timeout_us = valid ? WOAD_S(s) : o->timeout_us;
#endif
    if (!valid)
        mp_raise_ValueError(MP_ERROR_TEXT("timeout out of range"));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(channel_settimeout_obj, channel_settimeout);

static const mp_rom_map_elem_t channel_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&channel_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&channel_readinto_obj)},
    {MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&channel_readline_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&channel_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_flush), MP_ROM_PTR(&channel_flush_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&channel_close_obj)},
    {MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&channel_setblocking_obj)},
    {MP_ROM_QSTR(MP_QSTR_settimeout), MP_ROM_PTR(&channel_settimeout_obj)},
    {MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&mp_identity_obj)},
    {MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&channel_exit_obj)},
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&channel_del_obj)},
};
static MP_DEFINE_CONST_DICT(channel_locals, channel_locals_table);

static const mp_stream_p_t channel_stream = {
    .read = channel_read,
    .write = channel_write,
    .ioctl = channel_ioctl,
};

static MP_DEFINE_CONST_OBJ_TYPE(channel_type, MP_QSTR_L2CAPChannel, MP_TYPE_FLAG_NONE, protocol,
                                &channel_stream, locals_dict, &channel_locals);

/* ---- the module ------------------------------------------------------------------------------ */

/* l2cap_channel(conn, cid) */
static mp_obj_t woad_channel(mp_obj_t conn, mp_obj_t cid)
{
    struct mpw *m = mpw_on();
    if (!m)
        mp_raise_OSError(MP_ENODEV);
    channel_obj_t *o = mp_obj_malloc_with_finaliser(channel_obj_t, &channel_type);
    o->closed = true;
    o->timeout_us = WOAD_TIME_NEVER;
    o->kept = NULL;
    o->kept_from = o->kept_to = 0;
    mp_int_t handle = mp_obj_get_int(conn), id = mp_obj_get_int(cid);
    mpw_enter();
    struct mpw_chan *c = mpw_chan_find(m, (uint16_t)handle, (uint16_t)id);
    if ((handle | id) & ~(mp_int_t)0xFFFF)
        c = NULL;
    bool good = c && (c->open || c->closed) && !c->attached;
    if (good) {
        c->attached = true;
        o->place = (unsigned)(c - m->chans);
        o->serial = c->serial;
        o->closed = false;
    }
    mpw_leave();
    if (!good)
        mp_raise_OSError(c ? MP_EALREADY : MP_EINVAL);
    return MP_OBJ_FROM_PTR(o);
}
static MP_DEFINE_CONST_FUN_OBJ_2(woad_channel_obj, woad_channel);

/* append(): the next registration of services adds to those that are there. */
static mp_obj_t woad_append(void)
{
    struct mpw *m = mpw_on();
    if (!m)
        mp_raise_OSError(MP_ENODEV);
    m->append_next = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(woad_append_obj, woad_append);

/* stats(): (buffers in use, operations pending, links, channels, faults), for tests of leaks. */
static mp_obj_t woad_stats(void)
{
    struct mpw *m = mpw_on();
    struct woad_host_stats s = {0};
    mp_int_t links = 0, chans = 0;
    if (!m)
        mp_raise_OSError(MP_ENODEV);
    mpw_enter();
    woad_host_get_stats(m->host, &s);
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++)
        links += m->links[i].used;
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++)
        chans += m->chans[i].used && !m->chans[i].over;
    mpw_leave();
    mp_obj_t items[] = {
        MP_OBJ_NEW_SMALL_INT(s.bufs_in_use), MP_OBJ_NEW_SMALL_INT(s.ops_pending),
        MP_OBJ_NEW_SMALL_INT(links),         MP_OBJ_NEW_SMALL_INT(chans),
        MP_OBJ_NEW_SMALL_INT(s.faults),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(woad_stats_obj, woad_stats);

static mp_obj_t woad_model(void)
{
    return MP_OBJ_NEW_SMALL_INT(mpw_pump_model());
}
static MP_DEFINE_CONST_FUN_OBJ_0(woad_model_obj, woad_model);

static const mp_rom_map_elem_t woad_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__woad)},
    {MP_ROM_QSTR(MP_QSTR_L2CAPChannel), MP_ROM_PTR(&channel_type)},
    {MP_ROM_QSTR(MP_QSTR_channel), MP_ROM_PTR(&woad_channel_obj)},
    {MP_ROM_QSTR(MP_QSTR_append), MP_ROM_PTR(&woad_append_obj)},
    {MP_ROM_QSTR(MP_QSTR_stats), MP_ROM_PTR(&woad_stats_obj)},
    {MP_ROM_QSTR(MP_QSTR_model), MP_ROM_PTR(&woad_model_obj)},
};
static MP_DEFINE_CONST_DICT(woad_globals, woad_globals_table);

const mp_obj_module_t woad_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&woad_globals,
};
MP_REGISTER_MODULE(MP_QSTR__woad, woad_module);
