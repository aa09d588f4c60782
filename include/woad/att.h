/* woad/att.h: the Attribute Protocol's PDUs and errors, as tables [Vol 3, Part F].
 *
 * An application works with woad/gatts.h and woad/gattc.h; here are the numbers both use, and the
 * rows that the decoders print PDUs by.
 */
#ifndef WOAD_ATT_H
#define WOAD_ATT_H

#include <stdint.h>

#include "woad/err.h"

struct woad_host;

/* What a PDU is: the direction and what answers it [3.3.1]. */
enum woad_att_kind {
    WOAD_ATT_REQUEST,      /* client -> server, one at a time on a bearer */
    WOAD_ATT_RESPONSE,     /* server -> client */
    WOAD_ATT_COMMAND,      /* client -> server, no answer */
    WOAD_ATT_NOTIFICATION, /* server -> client, no answer */
    WOAD_ATT_INDICATION,   /* server -> client, one at a time on a bearer */
    WOAD_ATT_CONFIRMATION, /* client -> server */
};

/* X(name, opcode, kind, least length of the parameters) [3.4]. The most is what the MTU leaves. */
#define WOAD_ATT_PDU_LIST(X)                                                                       \
    WOAD_ATT_PDU_LOW_LIST(X)                                                                       \
    X(WRITE_CMD, 0x52, COMMAND, 2)                                                                 \
    X(SIGNED_WRITE_CMD, 0xd2, COMMAND, 14)

/* Those with small opcodes, which tables are indexed by. */
#define WOAD_ATT_PDU_LOW_LIST(X)                                                                   \
    X(ERROR_RSP, 0x01, RESPONSE, 4)                                                                \
    X(EXCHANGE_MTU_REQ, 0x02, REQUEST, 2)                                                          \
    X(EXCHANGE_MTU_RSP, 0x03, RESPONSE, 2)                                                         \
    X(FIND_INFORMATION_REQ, 0x04, REQUEST, 4)                                                      \
    X(FIND_INFORMATION_RSP, 0x05, RESPONSE, 5)                                                     \
    X(FIND_BY_TYPE_VALUE_REQ, 0x06, REQUEST, 6)                                                    \
    X(FIND_BY_TYPE_VALUE_RSP, 0x07, RESPONSE, 4)                                                   \
    X(READ_BY_TYPE_REQ, 0x08, REQUEST, 6)                                                          \
    X(READ_BY_TYPE_RSP, 0x09, RESPONSE, 3)                                                         \
    X(READ_REQ, 0x0a, REQUEST, 2)                                                                  \
    X(READ_RSP, 0x0b, RESPONSE, 0)                                                                 \
    X(READ_BLOB_REQ, 0x0c, REQUEST, 4)                                                             \
    X(READ_BLOB_RSP, 0x0d, RESPONSE, 0)                                                            \
    X(READ_MULTIPLE_REQ, 0x0e, REQUEST, 4)                                                         \
    X(READ_MULTIPLE_RSP, 0x0f, RESPONSE, 0)                                                        \
    X(READ_BY_GROUP_TYPE_REQ, 0x10, REQUEST, 6)                                                    \
    X(READ_BY_GROUP_TYPE_RSP, 0x11, RESPONSE, 5)                                                   \
    X(WRITE_REQ, 0x12, REQUEST, 2)                                                                 \
    X(WRITE_RSP, 0x13, RESPONSE, 0)                                                                \
    X(PREPARE_WRITE_REQ, 0x16, REQUEST, 4)                                                         \
    X(PREPARE_WRITE_RSP, 0x17, RESPONSE, 4)                                                        \
    X(EXECUTE_WRITE_REQ, 0x18, REQUEST, 1)                                                         \
    X(EXECUTE_WRITE_RSP, 0x19, RESPONSE, 0)                                                        \
    X(HANDLE_VALUE_NTF, 0x1b, NOTIFICATION, 2)                                                     \
    X(HANDLE_VALUE_IND, 0x1d, INDICATION, 2)                                                       \
    X(HANDLE_VALUE_CFM, 0x1e, CONFIRMATION, 0)                                                     \
    X(READ_MULTIPLE_VARIABLE_REQ, 0x20, REQUEST, 4)                                                \
    X(READ_MULTIPLE_VARIABLE_RSP, 0x21, RESPONSE, 4)                                               \
    X(MULTIPLE_HANDLE_VALUE_NTF, 0x23, NOTIFICATION, 8)

enum woad_att_opcode {
#define WOAD_ATT_ENUM(name, opcode, kind, min) WOAD_ATT_##name = opcode,
    WOAD_ATT_PDU_LIST(WOAD_ATT_ENUM)
#undef WOAD_ATT_ENUM
};

/* X(name, number, text) [3.4.1.1; Core Specification Supplement, Part B, 1.2]. 0x80..0x9F belong to
 * applications. */
#define WOAD_ATT_ERROR_LIST(X)                                                                     \
    X(INVALID_HANDLE, 0x01, "invalid handle")                                                      \
    X(READ_NOT_PERMITTED, 0x02, "read not permitted")                                              \
    X(WRITE_NOT_PERMITTED, 0x03, "write not permitted")                                            \
    X(INVALID_PDU, 0x04, "invalid PDU")                                                            \
    X(INSUFFICIENT_AUTHENTICATION, 0x05, "insufficient authentication")                            \
    X(REQUEST_NOT_SUPPORTED, 0x06, "request not supported")                                        \
    X(INVALID_OFFSET, 0x07, "invalid offset")                                                      \
    X(INSUFFICIENT_AUTHORIZATION, 0x08, "insufficient authorization")                              \
    X(PREPARE_QUEUE_FULL, 0x09, "prepare queue full")                                              \
    X(ATTRIBUTE_NOT_FOUND, 0x0a, "attribute not found")                                            \
    X(ATTRIBUTE_NOT_LONG, 0x0b, "attribute not long")                                              \
    X(KEY_SIZE_TOO_SHORT, 0x0c, "encryption key size too short")                                   \
    X(INVALID_VALUE_LENGTH, 0x0d, "invalid attribute value length")                                \
    X(UNLIKELY, 0x0e, "unlikely error")                                                            \
    X(INSUFFICIENT_ENCRYPTION, 0x0f, "insufficient encryption")                                    \
    X(UNSUPPORTED_GROUP_TYPE, 0x10, "unsupported group type")                                      \
    X(INSUFFICIENT_RESOURCES, 0x11, "insufficient resources")                                      \
    X(DATABASE_OUT_OF_SYNC, 0x12, "database out of sync")                                          \
    X(VALUE_NOT_ALLOWED, 0x13, "value not allowed")                                                \
    X(WRITE_REQUEST_REJECTED, 0xfc, "write request rejected")                                      \
    X(CCCD_IMPROPERLY_CONFIGURED, 0xfd, "CCCD improperly configured")                              \
    X(PROCEDURE_IN_PROGRESS, 0xfe, "procedure already in progress")                                \
    X(OUT_OF_RANGE, 0xff, "out of range")

enum woad_att_error {
    WOAD_ATT_OK = 0,
#define WOAD_ATT_ERROR_ENUM(name, number, text) WOAD_ATT_ERR_##name = number,
    WOAD_ATT_ERROR_LIST(WOAD_ATT_ERROR_ENUM)
#undef WOAD_ATT_ERROR_ENUM
};

/* The MTU told to peers from now on, 23..cfg.att_mtu of the host; links on which it was exchanged
 * keep theirs. INVALID; UNSUPPORTED: no part of this host uses ATT. */
int woad_att_set_mtu(struct woad_host *h, uint16_t mtu) WOAD_MUST_USE;

#define WOAD_ATT_MTU_MIN   23
#define WOAD_ATT_MTU_MAX   517 /* an attribute value of 512 in one Prepare Write or notification */
#define WOAD_ATT_VALUE_MAX 512 /* octets of an attribute value [3.2.9] */

#endif
