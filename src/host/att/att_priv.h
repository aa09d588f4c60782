/* att_priv.h: the bearers of ATT, between L2CAP and the GATT server and client.
 *
 *      GATT server (gatts)          GATT client (gattc)
 *           ^    |                        ^    |
 *        rx |    | send                rx |    | send
 *      +----+----v------------------------+----v-----+
 *      |  att.c: PDU table, bearers, MTU, transactions |
 *      +-----------------------------------------------+
 *        CID 4 (l2cap/fixed.c)     EATT channels (eatt.c)
 *
 * What only a client needs is in att_client.c, which a program has by its client alone.
 *
 * A bearer carries one request and one indication at a time in each direction. Incoming PDUs are
 * checked against the table once (opcode, least length, MTU) and given to the side they are for;
 * a request that nobody takes is answered with Request Not Supported, all else is dropped and
 * counted. The MTU is exchanged here: as server by itself, as client by woad_att_exchange_mtu().
 *
 * Buffers. The pool holds att_tx_count PDUs of data (notifications, commands) and a reserve for
 * each bearer: two (an answer and a question) for the server, two for the client. Neither data nor
 * a peer that asks and takes no answers can use up what is another bearer's. A refused asker is
 * told writable() once a buffer is free. */
#ifndef WOAD_ATT_PRIV_H
#define WOAD_ATT_PRIV_H

#include "woad/att.h"
#include "woad/config.h"
#include "host_priv.h"

#define ATT_TRANSACTION_US WOAD_S(30) /* [Vol 3, Part F, 3.3.3] */

struct att_bearer;
struct att_bearer_ops {
    int (*send)(struct att_bearer *b, struct woad_buf *pdu); /* takes the PDU */
    void (*close)(struct att_bearer *b);                     /* a transaction timed out */
    void (*writable)(struct att_bearer *b);                  /* a buffer of its reserve is back */
};

struct att_bearer {
    struct host_link *link; /* NULL: free */
    woad_chan chan;         /* 0: the fixed channel */
    uint16_t mtu;           /* in force, both directions */
    bool dead;              /* a transaction timed out: nothing more is sent [3.3.3] */
    bool mtu_told;          /* we answered the peer's Exchange MTU Request */
    bool mtu_asked;         /* we sent ours */
    uint16_t own_mtu;       /* that we told last */
    uint8_t serving;        /* the peer's request that waits for our response, or 0 */
    bool confirming;        /* the peer's indication waits for our confirmation */
    /* Transactions that we began: the opcode under way or 0, and their clocks. */
    uint8_t request;
    uint8_t indication;
    uint16_t request_mtu; /* in force when the request was sent: its answer may be of that */
    struct host_timer request_timer, indication_timer;
    const struct att_bearer_ops *ops; /* of an EATT bearer; it has chan */
    void *server;                     /* state of the server and the client for this bearer */
    void *client;
    uint8_t held; /* buffers of its reserve that are out; counts on when the bearer has ended */
};

/* The server's or the client's side. Called inside run(). */
struct att_user {
    /* A PDU for this side; well formed as the table can tell. pdu[0] is the opcode. */
    void (*rx)(struct att_bearer *b, const uint8_t *pdu, uint16_t len);
    void (*bearer_up)(struct att_bearer *b);
    /* The bearer ends (link or channel lost: err): completes what waits on it. */
    void (*bearer_down)(struct att_bearer *b, int err);
    /* The peer did not answer within 30 s; the bearer is dead. */
    void (*timeout)(struct att_bearer *b);
    /* woad_att_alloc() was refused and can succeed now. */
    void (*writable)(struct woad_host *h);
    /* Of the client: woad_att_response. */
    bool (*response)(struct att_bearer *b, const uint8_t *pdu, uint16_t len, uint8_t min);
};

void woad_att_set_server(struct woad_host *h, const struct att_user *user);
void woad_att_set_client(struct woad_host *h, const struct att_user *user);

/* A buffer for one PDU of up to att_mtu octets with headroom for all headers, data at its opcode;
 * NULL: none now, writable() follows. */
struct woad_buf *woad_att_alloc(struct woad_host *h);
/* How many of them there are now. Fewer than want: writable() follows the next that comes back. */
uint16_t woad_att_room(struct woad_host *h, uint16_t want);
/* writable() follows as soon as there is a buffer. */
void woad_att_want(struct woad_host *h);
/* For an answer or a question: from the bearer's reserve, or one of data when that is out. NULL
 * only when both are: the peer does not take what it is sent. */
struct woad_buf *woad_att_alloc_reserved(struct att_bearer *b);
/* The bearer's reserve is out: what it receives had better wait. */
bool woad_att_exhausted(const struct att_bearer *b);

/* Sends pdu (taken, also on error): NOT_CONNECTED: the bearer is dead or ended. A request or an
 * indication starts its transaction: the caller has seen that none is under way; it ends when the
 * answer is given to rx(), or with timeout(). */
int woad_att_send(struct att_bearer *b, struct woad_buf *pdu);

/* att_client.c. A bearer came up: its requests have a clock. */
void woad_att_request_init(struct att_bearer *b);
/* Asks for our MTU on the fixed channel, once a link. */
int woad_att_exchange_mtu(struct att_bearer *b);
/* A response of at least 1 octet, min by the table; false: it is none, and is to be counted. */
bool woad_att_response(struct att_bearer *b, const uint8_t *pdu, uint16_t len, uint8_t min);

/* For att_client.c: sends Exchange MTU Request or Response; the peer's MTU has come; the peer did
 * not answer user in time. */
int woad_att_send_mtu(struct att_bearer *b, uint8_t opcode);
void woad_att_mtu_come(struct att_bearer *b, uint16_t peer);
void woad_att_timed_out(struct att_bearer *b, const struct att_user *user);
const struct att_user *woad_att_client(const struct woad_host *h);

/* The fixed-channel bearer of a link; NULL: the link is down. */
struct att_bearer *woad_att_bearer(struct host_link *link);

/* For eatt.c: a bearer begins, ends (link NULL afterwards), and received a PDU. */
void woad_att_bearer_up(struct att_bearer *b, struct host_link *link, woad_chan chan, uint16_t mtu,
                        const struct att_bearer_ops *ops);
void woad_att_bearer_down(struct att_bearer *b, int err);
void woad_att_rx(struct att_bearer *b, const uint8_t *pdu, uint16_t len);

/* Makes of buf, whatever is in it, an Error Response. */
void woad_att_put_error(struct woad_buf *buf, uint8_t request, uint16_t handle, uint8_t error);
/* There is no buffer for the answer: what the peer asks next is dealt with. */
void woad_att_unanswered(struct att_bearer *b);

extern const struct woad_host_part woad_att_part;

#endif
