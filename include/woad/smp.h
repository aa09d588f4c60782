/* woad/smp.h: pairing, bonds and the security of links [Vol 3, Part H; Vol 3, Part C, 10].
 *
 *      woad_smp_secure(h, conn, level)                 events (WOAD_EVT_SECURITY, u.smp)
 *          |  accept, passkey, confirm, oob, cancel        ^
 *          v                                               |
 *      +-------------------------------------------------------+      +----------------------+
 *      |  pairing, encryption, bonds, signatures               |----->|  store (woad/store.h) |
 *      +-------------------------------------------------------+      +----------------------+
 *          |  PDUs on CID 6, LE Enable Encryption, LTK replies
 *
 * A program that wants security names the part and links no more than what it names:
 *
 *     static const struct woad_smp_cfg smp = {.io = WOAD_SMP_DISPLAY, .store = &store};
 *     struct woad_host_use parts[] = {{&woad_smp_part, &smp}, {NULL, NULL}};
 *     struct woad_host_cfg cfg = {.event = event, .rand = rand, .parts = parts};
 *
 * Levels of a link [Vol 3, Part C, 10.2.1]: 1 plain; 2 encrypted; 3 encrypted with a key that a
 * person or an out-of-band channel authenticated; 4 the same, by Secure Connections with 16 octets.
 *
 * Life of a link: it starts on level 1. As central of a bonded peer this part encrypts it at once;
 * as peripheral it answers the controller's request for a key. Otherwise woad_smp_secure() or the
 * peer raises the level: with the bond if its key is good enough, by pairing if not. Every rise,
 * every failure and every call of woad_smp_secure() ends in one WOAD_SMP_SECURED.
 *
 * What holds, whatever the peer does (docs/security.md names the tests)
 *  - A PDU that is not the one awaited, is too long or too short, or comes twice ends the pairing.
 *  - A public key off the curve, equal to ours, or the debug key is refused; our key pair is
 * renewed after every pairing, failed ones included, unless key_pairings says otherwise.
 *  - Keys shorter than min_key_size are refused; legacy pairing is refused unless cfg.legacy names
 *    it; pairing that stays below cfg.level is refused.
 *  - A bond is replaced by one of a lower level, or under another address, only after the
 *    application said yes (WOAD_SMP_ASK).
 *  - An unset key is never used: a request for a key that we do not have is answered so. Encryption
 *    with a key of the application's own (woad_gap_encrypt) leaves the link on level 1.
 *  - When a bonded peer does not encrypt (lost its key, or is another), WOAD_SMP_SECURED says so
 * and the link is ended, unless keep_unsecured is set: there is no silent fall-back.
 *  - A failed pairing makes the same address wait: 1 s, 2 s, 4 s ... up to 128 s.
 *  - A passkey is random and serves one pairing.
 *  - 30 s without the awaited PDU end the pairing, and SMP on that link for good [3.4].
 *
 * Calls are legal in the pump context, also inside events. Common errors: STATE (host not ready, or
 * nothing of this kind is awaited), NOT_CONNECTED, INVALID, UNSUPPORTED (the part is not there).
 * P-256 takes long on a microcontroller: at most one operation is done in one run().
 */
#ifndef WOAD_SMP_H
#define WOAD_SMP_H

#include "woad/host.h"

struct woad_identities;
struct woad_store;
struct woad_smp_key_pair;
struct woad_smp_legacy;
struct woad_smp_signing;

extern const struct woad_host_part woad_smp_part;
/* The same, smaller, for a device that is never central: without the half of pairing that begins
 * it. On a link where it is central after all, calls that raise the level answer UNSUPPORTED. */
extern const struct woad_host_part woad_smp_peripheral_part;
/* The bonded peers and our own identity key, for struct woad_privacy_cfg (woad/gap_privacy.h). */
extern const struct woad_identities woad_smp_identities;
/* To be named in the configuration by who needs them; not linked otherwise. */
extern const struct woad_smp_legacy woad_smp_legacy;
extern const struct woad_smp_signing woad_smp_signing;
extern const struct woad_smp_key_pair woad_smp_debug_keys;

/* What the device offers a person [2.3.2]: any sum. A keyboard implies yes and no. 0: nothing. */
enum woad_smp_io {
    WOAD_SMP_DISPLAY = 1, /* six digits can be shown */
    WOAD_SMP_YES_NO = 2,
    WOAD_SMP_KEYBOARD = 4, /* digits can be entered */
};

enum woad_smp_when_full {
    WOAD_SMP_FULL_REFUSE,  /* a new peer pairs without a bond; WOAD_SMP_BOND_FULL tells */
    WOAD_SMP_FULL_REPLACE, /* the bond not used for longest goes; WOAD_SMP_BOND_REMOVED tells */
};

/* Zero in a field means its default (in brackets). */
struct woad_smp_cfg {
    struct woad_store *store; /* where bonds survive; borrowed. NULL: in memory only */
    uint16_t max_bonds;       /* [4] */
    uint8_t when_full;        /* enum woad_smp_when_full */
    uint8_t io;               /* sum of enum woad_smp_io */
    uint8_t level;            /* least level of any pairing, 2..4 [2]; 4 is the Secure Connections
                                 Only mode [Vol 3, Part C, 10.2.4] */
    uint8_t min_key_size;     /* octets, 7..16 [16] */
    uint8_t max_key_size;     /* octets, min_key_size..16 [16] */
    bool mitm;        /* ask for an authenticated key whenever input and output allow one; without
                                it only where the level asked for needs one */
    bool no_bonding;  /* keys serve this link only */
    bool no_identity; /* neither give our identity key nor ask for the peer's */
    bool ask;         /* every pairing and Security Request of the peer waits for
                         woad_smp_accept() */
    bool refuse;      /* the peer may not start a pairing; see woad_smp_set_pairable() */
    bool keypress;    /* tell the peer about keys pressed, if it wants that */
    bool no_auto_encrypt; /* central: links to bonded peers wait for woad_smp_secure() */
    bool keep_unsecured;  /* do not end links to bonded peers that fail to encrypt */
    bool no_sc;           /* offer LE legacy pairing alone (with legacy): to try old peers */
    uint8_t key_pairings; /* pairings that one P-256 key pair serves; a failed one renews it [1] */
    const uint8_t *irk;   /* own identity key, 16 octets, most significant first. NULL: random, kept
                             in the store */
    const struct woad_smp_legacy *legacy;   /* &woad_smp_legacy: accept LE legacy pairing too */
    const struct woad_smp_signing *signing; /* &woad_smp_signing: exchange CSRKs, sign, verify */
    /* &woad_smp_debug_keys: use the specification's debug key pair and accept it from peers: links
     * can be decrypted by everybody [2.3.5.6.1]. */
    const struct woad_smp_key_pair *debug_keys;
};

enum woad_smp_method {
    WOAD_SMP_JUST_WORKS,
    WOAD_SMP_COMPARISON,    /* both show a number, both say whether it is the same */
    WOAD_SMP_PASSKEY_SHOWN, /* we show, the peer enters */
    WOAD_SMP_PASSKEY_INPUT, /* the peer shows, or both enter; we enter */
    WOAD_SMP_OUT_OF_BAND,
};

/* Reasons of Pairing Failed [3.5.5]: X(name, number, text) */
#define WOAD_SMP_REASON_LIST(X)                                                                    \
    X(PASSKEY_ENTRY_FAILED, 0x01, "passkey entry failed or was cancelled")                         \
    X(OOB_NOT_AVAILABLE, 0x02, "out-of-band data not available")                                   \
    X(AUTHENTICATION_REQUIREMENTS, 0x03, "the method is not as secure as required")                \
    X(CONFIRM_VALUE_FAILED, 0x04, "confirm value wrong")                                           \
    X(PAIRING_NOT_SUPPORTED, 0x05, "pairing not supported")                                        \
    X(ENCRYPTION_KEY_SIZE, 0x06, "encryption key too short")                                       \
    X(COMMAND_NOT_SUPPORTED, 0x07, "command not supported")                                        \
    X(UNSPECIFIED_REASON, 0x08, "unspecified reason")                                              \
    X(REPEATED_ATTEMPTS, 0x09, "too soon after a failed attempt")                                  \
    X(INVALID_PARAMETERS, 0x0a, "invalid parameters")                                              \
    X(DHKEY_CHECK_FAILED, 0x0b, "DHKey check failed")                                              \
    X(NUMERIC_COMPARISON_FAILED, 0x0c, "the numbers differ")                                       \
    X(BR_EDR_PAIRING_IN_PROGRESS, 0x0d, "BR/EDR pairing in progress")                              \
    X(KEY_DERIVATION_NOT_ALLOWED, 0x0e, "cross-transport key derivation not allowed")              \
    X(KEY_REJECTED, 0x0f, "key rejected")                                                          \
    X(BUSY, 0x10, "busy")

enum woad_smp_reason {
    WOAD_SMP_OK = 0,
#define WOAD_SMP_REASON_ENUM(name, number, text) WOAD_SMP_##name = number,
    WOAD_SMP_REASON_LIST(WOAD_SMP_REASON_ENUM)
#undef WOAD_SMP_REASON_ENUM
};

/* The text of a reason; "?" for a number that is none. */
const char *woad_smp_reason_text(uint8_t reason);

enum woad_smp_keypress { /* [3.5.8] */
                         WOAD_SMP_ENTRY_STARTED,
                         WOAD_SMP_DIGIT_ENTERED,
                         WOAD_SMP_DIGIT_ERASED,
                         WOAD_SMP_CLEARED,
                         WOAD_SMP_ENTRY_COMPLETED,
};

enum woad_smp_ask {
    WOAD_SMP_ASK_PAIR,     /* the peer wants to pair (cfg.ask) */
    WOAD_SMP_ASK_WEAKER,   /* the pairing replaces a bond, or a key in use, of a higher level */
    WOAD_SMP_ASK_IDENTITY, /* the peer claims the identity of a bond that it has not shown to own */
    WOAD_SMP_ASK_LOST, /* peripheral: asked to encrypt, a bonded peer wants to pair instead: it has
                          lost the bond, or is another */
};

/* Data that travels by another channel (NFC, a printed code) [2.3.5.4, 2.3.5.6.4]. Octet strings
 * with the most significant octet first. */
struct woad_smp_oob {
    struct woad_addr addr; /* whose data it is; as the peer will see it */
    bool authenticated;    /* the channel is safe from people in the middle */
    bool sc;               /* rand and confirm are there: Secure Connections */
    uint8_t rand[16];
    uint8_t confirm[16];
    bool legacy; /* tk is there: LE legacy pairing, the same at both sides */
    uint8_t tk[16];
};

/* A bond. Keys with the most significant octet first, as Wireshark wants them typed. */
#define WOAD_SMP_BOND_SC            0x01 /* made by Secure Connections */
#define WOAD_SMP_BOND_AUTHENTICATED 0x02
#define WOAD_SMP_BOND_DEBUG         0x04 /* with the debug key pair: level 2 at most */
#define WOAD_SMP_BOND_LTK           0x08 /* ltk, ediv, rand: for links where we are central */
#define WOAD_SMP_BOND_OWN_LTK       0x10 /* own_ltk, own_ediv, own_rand: where we are peripheral */
#define WOAD_SMP_BOND_IRK           0x20
#define WOAD_SMP_BOND_CSRK          0x40 /* the peer's: verifies what it signed */
#define WOAD_SMP_BOND_OWN_CSRK      0x80
struct woad_smp_bond {
    struct woad_addr peer; /* identity address, PUBLIC or RANDOM */
    uint8_t flags;
    uint8_t key_size;
    uint8_t level;   /* that encryption with it reaches, 2..4 */
    uint8_t ltk[16]; /* Secure Connections: one key for both directions */
    uint8_t rand[8]; /* as in HCI, least significant octet first */
    uint16_t ediv;
    uint8_t own_ltk[16];
    uint8_t own_rand[8];
    uint16_t own_ediv;
    uint8_t irk[16];
    uint8_t csrk[16];
    uint8_t own_csrk[16];
    uint32_t sign_counter;     /* least counter that we accept next */
    uint32_t own_sign_counter; /* the one we use next */
};

enum woad_smp_evt_type {
    WOAD_SMP_SECURED = 1,  /* u.secured; completes woad_smp_secure() */
    WOAD_SMP_ASK,          /* u.ask; answer with woad_smp_accept() */
    WOAD_SMP_SHOW,         /* u.passkey: show these six digits, zeros in front included */
    WOAD_SMP_ENTER,        /* ask for six digits; answer with woad_smp_passkey() */
    WOAD_SMP_COMPARE,      /* u.passkey: show it; the peer shows one as well; answer with
                              woad_smp_confirm() */
    WOAD_SMP_KEYPRESSED,   /* u.keypress: what the peer's user does */
    WOAD_SMP_OOB_READY,    /* u.oob; completes woad_smp_oob_generate() */
    WOAD_SMP_BOND_STORED,  /* u.bond: new or renewed */
    WOAD_SMP_BOND_REMOVED, /* u.bond: by woad_smp_bond_remove() or WOAD_SMP_FULL_REPLACE; err: the
                              store failed, it is there again at the next start */
    WOAD_SMP_BOND_FULL,    /* u.bond: no room, the pairing counts for this link only */
    WOAD_SMP_BOND_LOST,    /* u.bond: the store failed (err): it is gone at the next start */
};

struct woad_smp_evt {
    uint8_t type; /* enum woad_smp_evt_type */
    union {
        struct {
            struct woad_result result; /* SECURITY: not as secure as asked for or as the bond was;
                                          REFUSED: reason; TIMEOUT; CANCELLED; NOT_CONNECTED */
            uint8_t reason; /* enum woad_smp_reason, ours or the peer's, 0 when there is none */
            bool by_peer;   /* the reason is the peer's */
            bool paired;    /* by pairing, otherwise with the bond */
            bool bonded;    /* there is a bond for the next time */
            uint8_t method; /* enum woad_smp_method, of a pairing */
            uint8_t level;  /* of the link now */
            uint8_t key_size;
            uint32_t wait_ms; /* REPEATED_ATTEMPTS of our own: for so long */
        } secured;
        struct {
            uint8_t why;    /* enum woad_smp_ask */
            uint8_t method; /* of the pairing, when known (ASK_PAIR of a central: not known) */
            uint8_t level;  /* that it would reach */
        } ask;
        uint32_t passkey; /* 0..999999 */
        uint8_t keypress; /* enum woad_smp_keypress */
        struct {
            struct woad_result result;
            struct woad_smp_oob data;
        } oob;
        struct {
            struct woad_addr peer;
            int err;
        } bond;
    } u;
};

/* Raises the link to level 2..4 at least. Central: encrypts with the bond or pairs. Peripheral:
 * asks the central to. -> SECURED, at once in the next run() when the level is there already. BUSY:
 * one is under way. TIMEOUT: SMP on this link timed out; connect again. */
int woad_smp_secure(struct woad_host *h, uint16_t conn, uint8_t level) WOAD_MUST_USE;
/* The same, but always with a new pairing (the peer has lost its bond). */
int woad_smp_pair(struct woad_host *h, uint16_t conn, uint8_t level) WOAD_MUST_USE;
/* Ends what is under way with CANCELLED. STATE: nothing is. */
int woad_smp_cancel(struct woad_host *h, uint16_t conn) WOAD_MUST_USE;

/* Answers to ASK, ENTER and COMPARE, inside the event or later. */
int woad_smp_accept(struct woad_host *h, uint16_t conn, bool yes) WOAD_MUST_USE;
int woad_smp_passkey(struct woad_host *h, uint16_t conn, uint32_t passkey) WOAD_MUST_USE;
int woad_smp_confirm(struct woad_host *h, uint16_t conn, bool same) WOAD_MUST_USE;
/* While a passkey is entered: tells the peer. Dropped without error when the peer does not want it.
 */
int woad_smp_keypress(struct woad_host *h, uint16_t conn, uint8_t what) WOAD_MUST_USE;

/* Own out-of-band data: a key pair and a random number of their own, used by the next pairing whose
 * peer says that it has them, and by no other. -> OOB_READY. BUSY. */
int woad_smp_oob_generate(struct woad_host *h, bool authenticated) WOAD_MUST_USE;
/* The peer's data, for the next pairing on this link; copied. */
int woad_smp_oob_set(struct woad_host *h, uint16_t conn,
                     const struct woad_smp_oob *data) WOAD_MUST_USE;

/* Whether peers may start a pairing (Pairing Not Supported otherwise). Bonds work all the same. */
int woad_smp_set_pairable(struct woad_host *h, bool yes) WOAD_MUST_USE;

/* What pairings from now on ask for: io, level, mitm, no_bonding, no_sc and legacy of cfg; nothing
 * else of it is looked at. BUSY: one is under way. INVALID, UNSUPPORTED. */
int woad_smp_set_policy(struct woad_host *h, const struct woad_smp_cfg *cfg) WOAD_MUST_USE;
/* Reads the store again: for one whose contents were not there when the host was placed. STATE:
 * there are bonds, which would be lost. */
int woad_smp_reload(struct woad_host *h) WOAD_MUST_USE;

struct woad_smp_info {
    uint8_t level;
    uint8_t key_size; /* 0: not encrypted */
    bool pairing;     /* one is under way */
    bool bonded;
    struct woad_addr identity; /* of the bond */
    uint8_t key[16]; /* that encrypts this link, most significant octet first; for decoders */
};
int woad_smp_info(struct woad_host *h, uint16_t conn, struct woad_smp_info *info) WOAD_MUST_USE;

/* Bonds have numbers from 0 to max_bonds - 1, each its own for as long as it exists. NOT_FOUND: no
 * bond, or no further one. next: the lowest above after (first: -1). */
int woad_smp_bond_next(const struct woad_host *h, int after);
int woad_smp_bond_get(const struct woad_host *h, int number,
                      struct woad_smp_bond *bond) WOAD_MUST_USE;
/* The bond of addr: its identity, or a private address that it resolves. NOT_FOUND. */
int woad_smp_bond_find(const struct woad_host *h, const struct woad_addr *addr) WOAD_MUST_USE;
/* -> BOND_REMOVED for each. addr NULL: all. Links stay as they are. NOT_FOUND: none such. */
int woad_smp_bond_remove(struct woad_host *h, const struct woad_addr *addr) WOAD_MUST_USE;
/* Puts a bond made elsewhere, in place of one of the same peer. -> BOND_STORED. NO_MEM: full. */
int woad_smp_bond_add(struct woad_host *h, const struct woad_smp_bond *bond) WOAD_MUST_USE;
/* Our own identity: the key of our private addresses, most significant octet first. */
int woad_smp_own_irk(const struct woad_host *h, uint8_t irk[16]) WOAD_MUST_USE;

#endif
