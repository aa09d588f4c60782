/* tools/woad/gatt.h: the state of woad gatt, and its commands. */
#ifndef WOAD_GATT_H
#define WOAD_GATT_H

#include "agent.h"
#include "finder.h"
#include "keys.h"
#include "station.h"
#include "value.h"

#include "woad/gattc.h"

#define GATT_SUBS 16

struct gatt_opts {
    const char *hci;
    const char *hci_log;
    const char *store;
    const char *io;
    const char *name;
    const char *passkey;
    double timeout_s;
    double for_s;
    uint64_t count;
    bool yes;
    bool json;
};

/* What a command is about. */
struct gatt_target {
    uint16_t handle;                   /* of the value or descriptor */
    const struct woad_gattc_attr *chr; /* its characteristic's declaration, NULL: a descriptor */
    struct woad_uuid uuid;             /* len 0: not known */
    enum value_kind kind;
};

struct gatt;
struct gatt_sub {
    struct woad_gattc_sub sub;
    struct gatt *gatt;
    struct gatt_target target;
    bool used;
};

struct gatt {
    struct gatt_opts o;
    struct station *station;
    struct finder finder;
    struct agent agent;
    struct keys keys;
    struct woad_gattc_op op;
    struct woad_gattc_db db;
    bool ready;     /* the database is known */
    char **command; /* of the command line, NULL: lines are read */
    int words;

    const struct gatt_command *running; /* NULL: none */
    bool to_secure;                     /* what runs ends with SECURED */
    double until_s;                     /* what runs ends then; 0: not */
    struct gatt_target target;
    struct gatt_sub *subscribing;
    uint8_t value[VALUE_MAX];
    uint16_t len;
    uint16_t mtu;

    struct gatt_sub subs[GATT_SUBS];
    uint64_t heard; /* values notified */
    int worst;      /* exit code of what went wrong among the lines */
    int exit_code;  /* -1 until decided */
};

/* A row: words[0] is the command's name. Returns GATT_RUNS, or an exit code when it is over. */
#define GATT_RUNS (-1)
struct gatt_command {
    const char *name;
    const char *words;
    int least, most; /* words behind the name */
    int (*run)(struct gatt *g, char **words, int count);
    const char *help;
};

extern const struct gatt_command gatt_commands[]; /* ended by name NULL */

const struct gatt_command *gatt_command_find(const char *name);

/* Runs a command; calls gatt_over() when it is over, at once or later. */
void gatt_start(struct gatt *g, char **words, int count);
void gatt_over(struct gatt *g, int exit_code);

/* Around printing of what comes by itself. */
void gatt_print_begin(struct gatt *g);
void gatt_print_end(struct gatt *g);

void gatt_print_services(struct gatt *g);
void gatt_print_value(struct gatt *g, const struct gatt_target *t, const uint8_t *data, size_t len,
                      const char *how);
const char *gatt_properties(uint8_t bits, char to[96]);
const char *gatt_att_text(uint8_t error);

#endif
