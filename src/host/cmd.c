/* The command queue: one command at a time, when the controller has room for it
 * [Vol 4, Part E, 4.4].
 *
 * Num_HCI_Command_Packets is honoured, also when it is 0 and a later event (Command Complete or
 * Status with opcode 0) gives it back. Command Status is accepted where Command Complete is
 * expected and the reverse. Nothing ever waits here: an answer calls done() of the command's row.
 */
#include "host_priv.h"

void woad_host_cmd_push(struct woad_host *h, struct host_cmd *cmd, const struct host_cmd_row *row)
{
    struct host_cmd_queue *q = &h->cmds;
    cmd->row = row;
    if (row->opcode)
        cmd->opcode = row->opcode;
    cmd->state = HOST_CMD_QUEUED;
    cmd->next = NULL;
    *q->end = cmd;
    q->end = &cmd->next;
    woad_host_kick(h);
}

static void unlink_cmd(struct host_cmd_queue *q, struct host_cmd *cmd)
{
    struct host_cmd **at = &q->head;
    while (*at != cmd)
        at = &(*at)->next;
    *at = cmd->next;
    if (q->end == &cmd->next)
        q->end = at;
}

void woad_host_cmd_drop(struct woad_host *h, struct host_cmd *cmd)
{
    if (cmd->state == HOST_CMD_QUEUED)
        unlink_cmd(&h->cmds, cmd);
    else if (cmd->state == HOST_CMD_SENT)
        h->cmds.sent = NULL;
    cmd->state = HOST_CMD_IDLE;
}

struct woad_buf *woad_host_cmd_tx(struct woad_host *h)
{
    struct host_cmd_queue *q = &h->cmds;
    if (!q->head || q->waiting || !q->credits)
        return NULL;
    struct woad_buf *buf = woad_buf_alloc(&h->cmd_pool, 1);
    if (!buf)
        return NULL;
    struct host_cmd *cmd = q->head;
    unlink_cmd(q, cmd);
    uint8_t *p = woad_buf_put(buf, WOAD_HCI_CMD_HDR_LEN);
    struct woad_wr w = woad_wr_init(p + WOAD_HCI_CMD_HDR_LEN, h->cfg.cmd_len);
    if (cmd->row->build)
        cmd->row->build(h, cmd, &w);
    woad_put_u16(p, cmd->opcode);
    p[2] = (uint8_t)woad_wr_len(&w);
    woad_buf_put(buf, p[2]);
    buf->type = WOAD_PKT_CMD;
    cmd->state = HOST_CMD_SENT;
    q->sent = cmd;
    q->sent_opcode = cmd->opcode;
    q->waiting = true;
    q->credits--;
    h->stats.cmd_tx++;
    return buf;
}

static void timed_out(struct woad_timer *t)
{
    struct woad_host *h = HOST_OWNER(t, struct woad_host, cmd_timer.t);
    uint16_t opcode = h->cmds.head ? h->cmds.head->opcode : 0;
    if (h->cmds.waiting) {
        opcode = h->cmds.sent_opcode;
        h->left_out |= woad_host_optional(opcode);
    }
    woad_host_fail(h, WOAD_ERR_TIMEOUT, opcode);
}

void woad_host_cmd_watch(struct woad_host *h)
{
    struct host_cmd_queue *q = &h->cmds;
    bool busy = q->waiting || q->head;
    if (busy == woad_host_timer_on(&h->cmd_timer))
        return;
    if (busy)
        woad_host_timer_after(&h->cmd_timer, WOAD_MS(h->cfg.cmd_timeout_ms));
    else
        woad_host_timer_stop(&h->cmd_timer);
}

void woad_host_cmd_reset(struct woad_host *h)
{
    struct host_cmd_queue *q = &h->cmds;
    while (q->head)
        woad_host_cmd_drop(h, q->head);
    if (q->sent)
        woad_host_cmd_drop(h, q->sent);
    woad_host_timer_stop(&h->cmd_timer);
    woad_host_timer_init(h, &h->cmd_timer, timed_out);
    q->waiting = false;
    q->credits = 1;
    q->end = &q->head;
}

static void answered(struct woad_host *h, uint16_t opcode, uint8_t status, struct woad_rd *ret)
{
    struct host_cmd_queue *q = &h->cmds;
    if (opcode == 0) /* only gives back room for commands */
        return;
    if (!q->waiting || opcode != q->sent_opcode) {
        h->stats.late_answers++;
        return;
    }
    struct host_cmd *cmd = q->sent;
    q->waiting = false;
    q->sent = NULL;
    woad_host_timer_stop(&h->cmd_timer);
    if (!cmd)
        return;
    cmd->state = HOST_CMD_IDLE;
    if (cmd->row->done)
        cmd->row->done(h, cmd, status, ret);
}

void woad_host_evt_command_complete(struct woad_host *h, struct woad_rd *r)
{
    h->cmds.credits = woad_rd_u8(r);
    uint16_t opcode = woad_rd_u16(r);
    /* A Command Complete without even a status is taken as a refusal. */
    uint8_t status = r->left ? woad_rd_u8(r) : (uint8_t)WOAD_HCI_ERR_UNSPECIFIED_ERROR;
    answered(h, opcode, status, r);
}

void woad_host_evt_command_status(struct woad_host *h, struct woad_rd *r)
{
    uint8_t status = woad_rd_u8(r);
    h->cmds.credits = woad_rd_u8(r);
    uint16_t opcode = woad_rd_u16(r);
    struct woad_rd none = woad_rd_init(NULL, 0);
    answered(h, opcode, status, &none);
}
