#include "support/script_ctrl.h"

#include <string.h>

static bool play(struct dbl_dev *dev, uint16_t opcode, const struct script_row *row)
{
    switch (row->kind) {
    case SCRIPT_KIND_COMPLETE: dbl_complete(dev, opcode, row->data, row->len); return true;
    case SCRIPT_KIND_STATUS: dbl_status(dev, opcode, row->data[0]); return true;
    case SCRIPT_KIND_EVENT:
        dbl_evt(dev, row->data[0], row->data + 2, (uint8_t)(row->len - 2));
        return true;
    case SCRIPT_KIND_SILENT: return true;
    default: return false;
    }
}

bool script_answer(struct script *s, struct dbl_dev *dev, uint16_t opcode)
{
    int last = -1;
    for (unsigned i = 0; i < s->count; i++) {
        if (s->rows[i].opcode != opcode)
            continue;
        last = (int)i;
        if (!s->seen[i])
            break;
    }
    if (last < 0)
        return false;
    s->seen[last]++;
    return play(dev, opcode, &s->rows[last]);
}

static bool on_cmd(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *params,
                   uint8_t len)
{
    (void)params;
    (void)len;
    return script_answer(arg, dev, opcode);
}

void script_use(struct dbl_dev *dev, struct script *s, const struct script_row *rows,
                unsigned count)
{
    memset(s, 0, sizeof(*s));
    s->rows = rows;
    s->count = count;
    dev->on_cmd = on_cmd;
    dev->arg = s;
}
