/* script_ctrl.h: a controller that answers by rows, for the ones that behave oddly.
 *
 *     static const struct script_row rows[] = {
 *         SCRIPT_COMPLETE(WOAD_HCI_CMD_HOST_BUFFER_SIZE, 0x12),
 *         SCRIPT_SILENT(WOAD_HCI_CMD_LE_SET_SCAN_ENABLE),
 *     };
 *     script_use(&d->dev[0], rows, ARRAY_LEN(rows));
 *
 * A command for which there is a row gets that row's answer (the n-th row of its opcode for its
 * n-th coming, the last one from then on); every other command is answered by the double as usual.
 */
#ifndef SCRIPT_CTRL_H
#define SCRIPT_CTRL_H

#include "support/hci_double.h"

enum script_kind {
    SCRIPT_KIND_SILENT,   /* no answer at all */
    SCRIPT_KIND_COMPLETE, /* Command Complete with these return parameters */
    SCRIPT_KIND_STATUS,   /* Command Status with data[0] */
    SCRIPT_KIND_EVENT,    /* this event, whole: code, length, parameters */
    SCRIPT_KIND_USUAL,    /* as the double would */
};

struct script_row {
    uint16_t opcode;
    uint8_t kind;
    uint8_t len;
    uint8_t data[40];
};

#define SCRIPT_BYTES(...)                                                                          \
    sizeof((const uint8_t[]){__VA_ARGS__}),                                                        \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SCRIPT_COMPLETE(op, ...)                                                                   \
    {                                                                                              \
        op, SCRIPT_KIND_COMPLETE, SCRIPT_BYTES(__VA_ARGS__)                                        \
    }
#define SCRIPT_STATUS(op, s)                                                                       \
    {                                                                                              \
        op, SCRIPT_KIND_STATUS, 1,                                                                 \
        {                                                                                          \
            s                                                                                      \
        }                                                                                          \
    }
#define SCRIPT_EVENT(op, ...)                                                                      \
    {                                                                                              \
        op, SCRIPT_KIND_EVENT, SCRIPT_BYTES(__VA_ARGS__)                                           \
    }
#define SCRIPT_SILENT(op)                                                                          \
    {                                                                                              \
        op, SCRIPT_KIND_SILENT, 0,                                                                 \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define SCRIPT_USUAL(op)                                                                           \
    {                                                                                              \
        op, SCRIPT_KIND_USUAL, 0,                                                                  \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

struct script {
    const struct script_row *rows;
    unsigned count;
    unsigned seen[64]; /* how often each row has been used */
};

void script_use(struct dbl_dev *dev, struct script *s, const struct script_row *rows,
                unsigned count);
/* For controllers that do more than answer by rows: false when there is no row. */
bool script_answer(struct script *s, struct dbl_dev *dev, uint16_t opcode);

#endif
