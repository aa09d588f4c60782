/* smp_priv.h: the inside of the Security Manager.
 *
 *      rx.c        table of PDUs: length, role, and whether the pairing awaits it
 *      pairing.c   the runner of steps; failure, completion, clock, back-off
 *      features.c  phase 1: features exchanged, method and level chosen
 *      sc.c        phase 2 of Secure Connections;  legacy.c: of LE legacy pairing
 *      keys.c      phase 3: key distribution;  all_keys.c: with keys of legacy and signing
 *      p256.c      key pairs and DHKeys, one operation in one run();  oob.c: out-of-band data
 *      bond.c      the table of bonds and the store;  resolve.c: private addresses
 *      security.c  levels, requests for keys, Security Request;  central.c: encryption, pairing
 *      sign.c      signatures
 *      smp.c       the part, and the calls of woad/smp.h
 *
 * A pairing is a chain of const arrays of steps. A step awaits a PDU, sends one, asks the
 * application, or waits for a computation; what the peer sends is legal only when it is what the
 * next awaiting step of the same array waits for. All values are kept with the most significant
 * octet first. */
#ifndef WOAD_SMP_PRIV_H
#define WOAD_SMP_PRIV_H

#include "host_priv.h"
#include "smp/toolbox.h"
#include "woad/smp.h"

enum smp_code { /* [Vol 3, Part H, 3.3] */
                SMP_PAIRING_REQUEST = 0x01,
                SMP_PAIRING_RESPONSE = 0x02,
                SMP_PAIRING_CONFIRM = 0x03,
                SMP_PAIRING_RANDOM = 0x04,
                SMP_PAIRING_FAILED = 0x05,
                SMP_ENCRYPTION_INFORMATION = 0x06,
                SMP_CENTRAL_IDENTIFICATION = 0x07,
                SMP_IDENTITY_INFORMATION = 0x08,
                SMP_IDENTITY_ADDRESS_INFORMATION = 0x09,
                SMP_SIGNING_INFORMATION = 0x0a,
                SMP_SECURITY_REQUEST = 0x0b,
                SMP_PUBLIC_KEY = 0x0c,
                SMP_DHKEY_CHECK = 0x0d,
                SMP_KEYPRESS = 0x0e,
};

/* Fields of Pairing Request and Response, by place in the PDU [3.5.1]. */
enum { SMP_F_CODE, SMP_F_IO, SMP_F_OOB, SMP_F_AUTH, SMP_F_KEY_SIZE, SMP_F_INIT, SMP_F_RESP };

#define SMP_AUTH_BONDING  0x01
#define SMP_AUTH_MITM     0x04
#define SMP_AUTH_SC       0x08
#define SMP_AUTH_KEYPRESS 0x10

#define SMP_KEY_ENC  0x01 /* of key distribution [3.6.1] */
#define SMP_KEY_ID   0x02
#define SMP_KEY_SIGN 0x04

#define SMP_PDU_MAX    65
#define SMP_TIMEOUT_US WOAD_S(30) /* [3.4] */
#define SMP_RETRY_US   WOAD_MS(5) /* no buffer for a PDU, or not sent yet: again after this */

struct smp;
struct smp_link;

/* What a step answers: a reason of Pairing Failed, or one of these. */
enum smp_step_result {
    SMP_NEXT = 0,
    SMP_STAY = 0x80, /* wait: run again when something happened */
    SMP_JUMP = 0x81, /* the step has chosen another one */
    SMP_DONE = 0x82, /* the pairing has ended */
};

struct smp_step {
    uint8_t await; /* enum smp_code; 0: none */
    uint8_t key;   /* only if this bit is in the keys to come (await) or to go */
    bool sealed;   /* nothing may arrive while it waits; the last step of a chain is */
    uint8_t (*run)(struct smp_link *l, struct woad_rd *r);
};

enum smp_answer { SMP_ANSWER_NONE, SMP_ANSWER_ACCEPT, SMP_ANSWER_PASSKEY, SMP_ANSWER_CONFIRM };

enum smp_job { SMP_JOB_NONE, SMP_JOB_DUE, SMP_JOB_DONE, SMP_JOB_FAILED };

struct woad_smp_key_pair { /* of P-256 */
    uint8_t secret[32];
    uint8_t public_key[64];
};

/* Everything of one pairing; wiped when it ends. */
struct smp_pairing {
    const struct smp_step *step; /* NULL: none under way */
    bool initiator;
    bool sc;
    bool bonding;
    bool peer_mitm;   /* the Security Request that led here asked for authentication */
    bool lost;        /* the bond would have done for what our Security Request asked for */
    bool encrypting;  /* the link is being encrypted with key */
    bool encrypted;   /* it is */
    uint8_t method;   /* enum woad_smp_method */
    uint8_t level;    /* that the key reaches */
    uint8_t required; /* level below which the pairing fails */
    uint8_t key_size;
    uint8_t keys_out, keys_in;
    uint8_t preq[7], pres[7]; /* as on air */
    uint8_t waits_for;        /* enum smp_answer */
    bool answered, yes;
    bool out; /* the last of our PDUs is out: sent when acl_done of the link is last_out */
    uint16_t last_out;
    uint32_t passkey;
    uint8_t round;
    uint8_t job; /* enum smp_job, of dhkey */
    uint8_t held_len;
    uint8_t held[SMP_PDU_MAX]; /* the next PDU, come while a step waits */
    struct woad_smp_key_pair own;
    uint8_t peer_public[64];
    uint8_t dhkey[32];
    uint8_t own_nonce[16], peer_nonce[16];
    uint8_t own_confirm[16], peer_confirm[16];
    uint8_t own_r[16], peer_r[16]; /* passkey or OOB random numbers; legacy: own_r is TK */
    uint8_t mac_key[16];
    uint8_t key[16];           /* LTK, or STK of legacy pairing */
    struct woad_smp_bond bond; /* being made */
};

/* The key in force, or about to be. size 0: not ours. */
struct smp_key {
    uint8_t octets[16];
    uint8_t size;
    uint8_t level;
};

enum smp_state {
    SMP_IDLE,
    SMP_ENCRYPTING, /* central: with the bond */
    SMP_REQUESTING, /* peripheral: Security Request sent */
    SMP_PAIRING,
};

struct smp_link {
    struct smp *s;
    /* cleared with every link: */
    struct host_link *link; /* NULL: none */
    uint8_t state;          /* enum smp_state */
    bool looked;            /* bond is valid */
    bool dead;              /* timed out: no more SMP [3.4] */
    bool op;                /* the application waits for SECURED */
    bool start;             /* service() begins it */
    bool automatic;         /* central of a new link: with the bond, if there is one */
    bool anew;              /* by pairing */
    bool cancel;
    bool fresh_bond;       /* stored by the last pairing of this link */
    bool has_next;         /* next is what the controller encrypts with */
    bool oob_set;          /* oob is what the peer gave */
    uint8_t want;          /* level asked for */
    uint8_t fail_reason;   /* Pairing Failed to be sent */
    uint8_t keypress;      /* 1 + notification to be sent */
    uint8_t paired_method; /* of the last pairing */
    int16_t bond;          /* of the peer, or -1 */
    struct smp_pairing p;
    struct smp_key now, next;
    struct woad_smp_oob oob;
    /* until here */
    struct host_timer timer; /* of SMP */
    struct host_timer retry;
};

struct smp_slot {
    bool used;
    bool added, remove;       /* by a call; run() does the rest */
    bool damaged;             /* what the store held was no bond; to be told */
    uint32_t turn;            /* when it was used last */
    uint32_t own_counter_end; /* signatures below it need no write */
    struct woad_smp_bond bond;
};

#define SMP_BACKOFF_COUNT 4
struct smp_backoff {
    struct woad_addr addr;
    uint8_t failures; /* 0: free */
    woad_time until;
};

struct smp {
    struct woad_host *h;
    struct woad_smp_cfg cfg;
    const struct smp_central_ops *central; /* NULL: never central */
    struct smp_link *links;                /* by place of the host's link */
    struct smp_slot *slots;
    uint32_t turn;
    bool pairable;
    uint8_t irk[16];

    struct woad_smp_key_pair pair; /* for new pairings, when has_pair */
    bool has_pair, pair_failed;
    uint8_t pair_uses;
    uint16_t next_job; /* link whose turn it is */
    struct host_timer p256;

    struct {                           /* own out-of-band data */
        const struct smp_oob_ops *ops; /* NULL: never asked for */
        bool due, ready, authenticated;
        struct woad_smp_key_pair pair;
        uint8_t rand[16];
    } oob;

    struct smp_backoff backoff[SMP_BACKOFF_COUNT];
};

/* What only a central does (central.c). */
struct smp_central_ops {
    void (*restore)(struct smp_link *l);
    void (*raise)(struct smp_link *l);
    void (*on_security_request)(struct smp_link *l, struct woad_rd *r);
    const struct smp_step *sc, *const *stage_1, *keys; /* its chains of steps */
};
extern const struct smp_central_ops woad_smp_central;

struct smp_oob_ops {
    void (*run)(struct smp *s); /* the P-256 operation that is due */
    uint8_t (*take)(struct smp_link *l);
    void (*drop)(struct smp *s, int err);
    const struct smp_step *chain[2]; /* responder, initiator */
};

typedef uint8_t smp_run(struct smp_link *l, struct woad_rd *r);
struct woad_smp_legacy {
    const struct smp_step *initiator, *responder;
    const struct smp_step *const *keys;               /* woad_smp_all_keys */
    smp_run *send_ltk, *send_ediv, *on_ltk, *on_ediv; /* steps of phase 3 */
};

struct woad_smp_signing {
    int (*sign)(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                uint8_t signature[12]);
    int (*verify)(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                  const uint8_t signature[12]);
    const struct smp_step *const *keys; /* woad_smp_all_keys */
    smp_run *send_csrk, *on_csrk;       /* steps of phase 3 */
};

static inline struct smp *woad_smp_of(const struct woad_host *h)
{
    return h->part[HOST_PART_SMP];
}

static inline struct smp_link *woad_smp_link(const struct host_link *link)
{
    return &woad_smp_of(link->h)->links[woad_host_link_index(link)];
}

/* NULL: the peer is the central, or we never are. */
static inline const struct smp_central_ops *woad_smp_central_of(const struct smp_link *l)
{
    return l->link->role == WOAD_ROLE_CENTRAL ? l->s->central : NULL;
}

/* rx.c */
extern const struct host_fixed_row woad_smp_fixed_row;
/* A PDU of code and n octets, written in place behind the code; NULL: no buffer now, the step stays
 * and is run again. Sent by woad_smp_send(), which starts the clock anew. */
struct woad_buf *woad_smp_pdu(struct smp_link *l, uint8_t code, uint8_t n, uint8_t **fields);
void woad_smp_send(struct smp_link *l, struct woad_buf *pdu);
/* One field of n octets, most significant first. SMP_NEXT or SMP_STAY. */
uint8_t woad_smp_send_value(struct smp_link *l, uint8_t code, const uint8_t *value, uint8_t n);
void woad_smp_read(struct woad_rd *r, uint8_t *to, size_t n);

/* pairing.c */
/* Why something ended: a reason of Pairing Failed, a status of HCI, and: */
#define SMP_STATUS(status) ((unsigned)(status) << 8)
#define SMP_BY_PEER        0x10000u /* the reason is the peer's */
#define SMP_PAIRED         0x20000u
void woad_smp_begin(struct smp_link *l, bool initiator, const struct smp_step *first);
void woad_smp_advance(struct smp_link *l);
uint8_t woad_smp_go(struct smp_link *l, const struct smp_step *to);
/* The PDU that the pairing may receive next; 0: none. */
uint8_t woad_smp_awaited(const struct smp_link *l);
/* Ends what is under way: tells the peer the reason, and the application. */
void woad_smp_fail(struct smp_link *l, uint8_t reason);
void woad_smp_end(struct smp_link *l, int err, unsigned why);
void woad_smp_finish(struct smp_link *l);
void woad_smp_refuse(struct smp_link *l, uint8_t reason);
/* Asks the application with evt, once, and answers SMP_STAY until it has answered. */
uint8_t woad_smp_question(struct smp_link *l, uint8_t answer, const struct woad_smp_evt *evt);
void woad_smp_tell(struct smp_link *l, const struct woad_smp_evt *evt);
void woad_smp_tell_host(struct smp *s, const struct woad_smp_evt *evt);
void woad_smp_tell_secured(struct smp_link *l, int err, unsigned why);
void woad_smp_clock(struct smp_link *l);
void woad_smp_flush(struct smp_link *l);
/* Milliseconds that the peer has still to wait; 0: none. */
uint32_t woad_smp_backoff(struct smp_link *l);

/* features.c */
extern const struct smp_step woad_smp_initiate[], woad_smp_respond[], woad_smp_asked[];
uint8_t woad_smp_own_auth(const struct smp_link *l);
/* Asks the application; SMP_STAY until it has answered, reason when it said no. */
uint8_t woad_smp_ask(struct smp_link *l, uint8_t why, uint8_t reason);
/* The bond, or the link as it is, has better security than the pairing would give. */
bool woad_smp_weaker(const struct smp_link *l, int bond);

/* sc.c */
extern const struct smp_step woad_smp_sc_initiator[], woad_smp_sc_responder[];
extern const struct smp_step *const woad_smp_stage_1_initiator[]; /* by method */
/* Steps and parts of steps that legacy pairing shares. */
uint8_t woad_smp_get_passkey(struct smp_link *l); /* shown or entered: into p.own_r and p.peer_r */
uint8_t woad_smp_keep_confirm(struct smp_link *l, struct woad_rd *r);
uint8_t woad_smp_send_nonce(struct smp_link *l, struct woad_rd *r);
uint8_t woad_smp_start_encryption(struct smp_link *l, struct woad_rd *r);
uint8_t woad_smp_await_encryption(struct smp_link *l, struct woad_rd *r);

/* keys.c */
extern const struct smp_step woad_smp_keys_initiator[], woad_smp_keys_responder[];
smp_run woad_smp_send_irk, woad_smp_send_identity, woad_smp_on_irk, woad_smp_on_identity;
smp_run woad_smp_check_identity, woad_smp_store_bond, woad_smp_keys_sent, woad_smp_keys_done;
#define SMP_IDENTITY_OUT                                                                           \
    {0, SMP_KEY_ID, true, woad_smp_send_irk},                                                      \
    {                                                                                              \
        0, SMP_KEY_ID, true, woad_smp_send_identity                                                \
    }
#define SMP_IDENTITY_IN                                                                            \
    {SMP_IDENTITY_INFORMATION, SMP_KEY_ID, false, woad_smp_on_irk},                                \
    {                                                                                              \
        SMP_IDENTITY_ADDRESS_INFORMATION, SMP_KEY_ID, false, woad_smp_on_identity                  \
    }
#define SMP_KEYS_END                                                                               \
    {0, 0, true, woad_smp_store_bond}, {0, 0, true, woad_smp_keys_sent},                           \
    {                                                                                              \
        0, 0, true, woad_smp_keys_done                                                             \
    }
void woad_smp_mask(uint8_t key[16], uint8_t size);

/* all_keys.c: the chains of responder and initiator */
extern const struct smp_step *const woad_smp_all_keys[2];

/* p256.c */
void woad_smp_p256_init(struct smp *s);
int woad_smp_generate(const struct smp *s, struct woad_smp_key_pair *pair) WOAD_MUST_USE;
/* Copies the key pair of new pairings; SMP_STAY: not there yet, all links are run when it is. */
uint8_t woad_smp_take_pair(struct smp_link *l);
void woad_smp_dhkey(struct smp_link *l);
void woad_smp_pair_used(struct smp *s, bool failed);
void woad_smp_p256_due(struct smp *s);
bool woad_smp_is_debug_key(const uint8_t public_key[64]);

/* oob.c: not linked without a call of woad_smp_oob_generate() or woad_smp_oob_set() */
extern const struct smp_step woad_smp_oob_initiator[], woad_smp_oob_responder[]; /* in sc.c */
uint8_t woad_smp_check_oob(struct smp_link *l, struct woad_rd *r);

/* calls.c: the link of a call; NULL with *err. */
struct smp_link *woad_smp_link_of(struct woad_host *h, uint16_t conn, int *err);

/* bond.c: slots stay where they are for as long as the bond exists. */
int woad_smp_bond_of(struct smp_link *l); /* slot, or -1 */
void woad_smp_bond_used(struct smp *s, int slot);
/* Keeps a bond, in slot unless that is -1, and tells what happened. Its slot, or -1. */
int woad_smp_bond_put(struct smp *s, const struct woad_smp_bond *bond, int slot);
void woad_smp_bond_drop(struct smp *s, int slot);
bool woad_smp_bond_valid(const struct woad_smp_bond *bond);
void woad_smp_bonds_service(struct smp *s);
int woad_smp_bond_by_identity(const struct smp *s, const struct woad_addr *addr);

/* store.c */
int woad_smp_store_load(struct smp *s); /* the identity key and all bonds */
int woad_smp_bond_save(struct smp *s, int slot);
int woad_smp_bond_erase(struct smp *s, int slot);
int woad_smp_counters_save(struct smp *s, int slot);

/* resolve.c; woad_smp_identities is there, too */
/* The slot of a bond by identity or private address, or -1. */
int woad_smp_slot_find(const struct woad_host *h, const struct woad_addr *addr);
bool woad_smp_resolves(const struct woad_smp_bond *bond, const struct woad_addr *addr);

/* security.c */
extern const struct host_security_ops woad_smp_ops;
void woad_smp_start(struct smp_link *l);
uint8_t woad_smp_level(const struct smp_link *l);
uint8_t woad_smp_encrypt_link(struct smp_link *l, const uint8_t key[16], const uint8_t rand[8],
                              uint16_t ediv, uint8_t size, uint8_t level);
/* 0, or why the link's level cannot be raised. */
int woad_smp_may_raise(const struct smp_link *l);
bool woad_smp_bond_serves(struct smp_link *l, uint8_t level);
/* The controller is about to encrypt with it. */
void woad_smp_set_next(struct smp_link *l, const uint8_t key[16], uint8_t size, uint8_t level);

#endif
