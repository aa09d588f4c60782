/* The control lines of `woad ether`: one JSON object in, one out. */
#include "ether.h"

#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char ether_control_help[] =
    "  {\"cmd\":\"run_until\",\"t_us\":N}            run the world to N microseconds (--clock "
    "stepped);\n"
    "                                        answered when all that came of it can be read\n"
    "  {\"cmd\":\"get_time\"}                      the time of the world\n"
    "  {\"cmd\":\"power_cycle\",\"device\":I}        controller I loses everything\n"
    "  {\"cmd\":\"move\",\"device\":I,\"x_m\":X,\"y_m\":Y}\n"
    "  {\"cmd\":\"inject\",\"start_us\":N,\"phy\":\"1m\"|\"2m\"|\"s8\"|\"s2\",\"channel\":0..39,\n"
    "   \"access_address\":\"8e89bed6\",\"power_dbm\":P,\"hex\":\"PDU and CRC\"}\n"
    "                                        a packet out of nowhere; with x_m, y_m from there\n"
    "  {\"cmd\":\"quit\"}";

/* ---- answers -----------------------------------------------------------------------------------
 */

static int refuse(char *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Words for a person as a JSON answer; returns -1. */
static int refuse(char *answer, const char *format, ...)
{
    char words[200];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "ok", json_object_new_boolean(false));
    json_object_object_add(o, "error", json_object_new_string(words));
    const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
    /* What a line said is repeated escaped, up to six characters for one. */
    if (strlen(text) + 2 > ETHER_ANSWER_SIZE)
        text = "{\"ok\":false,\"error\":\"malformed line\"}";
    snprintf(answer, ETHER_ANSWER_SIZE, "%s\n", text);
    json_object_put(o);
    return -1;
}

static int answer_time(const struct ether *e, char *answer)
{
    snprintf(answer, ETHER_ANSWER_SIZE, "{\"ok\":true,\"t_us\":%llu}\n",
             (unsigned long long)(woad_sim_now(e->sim) / 1000));
    return 0;
}

void ether_control_too_long(size_t limit, char answer[ETHER_ANSWER_SIZE])
{
    (void)refuse(answer, "the line is longer than %zu characters", limit);
}

/* ---- fields ------------------------------------------------------------------------------------
 */

struct request {
    struct ether *e;
    struct json_object *o;
    char *answer;
};

static struct json_object *field(const struct request *q, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(q->o, name, &value);
    return value;
}

/* An integer between min and max. 0, or -1 after an answer. */
static int get_int(const struct request *q, const char *name, int64_t min, int64_t max, int64_t *to)
{
    struct json_object *v = field(q, name);
    if (!v)
        return refuse(q->answer, "\"%s\" is missing", name);
    *to = json_object_get_int64(v);
    if (!json_object_is_type(v, json_type_int) || *to < min || *to > max)
        return refuse(q->answer, "\"%s\" has to be an integer from %lld to %lld", name,
                      (long long)min, (long long)max);
    return 0;
}

static int get_number(const struct request *q, const char *name, double limit, double *to)
{
    struct json_object *v = field(q, name);
    if (!v)
        return refuse(q->answer, "\"%s\" is missing", name);
    *to = json_object_get_double(v);
    bool number = json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
    if (!number || !isfinite(*to) || fabs(*to) > limit)
        return refuse(q->answer, "\"%s\" has to be a number between -%g and %g", name, limit,
                      limit);
    return 0;
}

static int get_device(const struct request *q, struct ether_dev **dev)
{
    int64_t index;
    if (get_int(q, "device", 0, (int64_t)q->e->cfg.devices - 1, &index))
        return -1;
    *dev = &q->e->devs[index];
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Octets from pairs of hexadecimal digits; how many, or -1 after an answer. */
static int get_hex(const struct request *q, const char *name, uint8_t *to, size_t size)
{
    struct json_object *v = field(q, name);
    const char *text =
        v && json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
    size_t len = strlen(text);
    if (len == 0 || len % 2 || len / 2 > size)
        return refuse(q->answer, "\"%s\" has to be a string of 1 to %zu octets in hexadecimal",
                      name, size);
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]);
        int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return refuse(q->answer, "\"%s\" is not hexadecimal at character %zu", name, i);
        to[i / 2] = (uint8_t)(high << 4 | low);
    }
    return (int)(len / 2);
}

static int get_phy(const struct request *q, uint8_t *phy)
{
    static const struct {
        const char *name;
        enum woad_phy phy;
    } phys[] = {{"1m", WOAD_PHY_1M},
                {"2m", WOAD_PHY_2M},
                {"s8", WOAD_PHY_CODED_S8},
                {"s2", WOAD_PHY_CODED_S2}};
    struct json_object *v = field(q, "phy");
    const char *text = v ? json_object_get_string(v) : "";
    for (size_t i = 0; i < sizeof(phys) / sizeof(phys[0]); i++)
        if (strcmp(text, phys[i].name) == 0) {
            *phy = (uint8_t)phys[i].phy;
            return 0;
        }
    return refuse(q->answer, "\"phy\" has to be \"1m\", \"2m\", \"s8\" or \"s2\"");
}

/* ---- commands ----------------------------------------------------------------------------------
 */

static int cmd_run_until(const struct request *q)
{
    int64_t t_us;
    if (!q->e->cfg.stepped)
        return refuse(q->answer, "time runs by itself here; run_until needs --clock stepped");
    if (get_int(q, "t_us", 0, INT64_MAX / 1000, &t_us))
        return -1;
    woad_sim_time t = WOAD_SIM_US(t_us);
    if (t < woad_sim_now(q->e->sim))
        return refuse(q->answer, "\"t_us\" is in the past: the time is %llu",
                      (unsigned long long)(woad_sim_now(q->e->sim) / 1000));
    /* What the hosts have sent by now belongs to the time before. */
    ether_service_all(q->e);
    ether_advance(q->e, t);
    if (q->e->cfg.capture && woad_sim_flush(q->e->sim) < 0)
        return refuse(q->answer, "the capture could not be written");
    return answer_time(q->e, q->answer);
}

static int cmd_get_time(const struct request *q)
{
    return answer_time(q->e, q->answer);
}

static int cmd_power_cycle(const struct request *q)
{
    struct ether_dev *dev;
    if (get_device(q, &dev))
        return -1;
    /* A packet that the old life had not accepted is not for the new one. */
    woad_buf_unref(dev->from_host);
    dev->from_host = NULL;
    woad_sim_power_cycle(dev->sim);
    ether_service(dev);
    return answer_time(q->e, q->answer);
}

static int cmd_move(const struct request *q)
{
    struct ether_dev *dev;
    double x;
    double y;
    if (get_device(q, &dev) || get_number(q, "x_m", 1e6, &x) || get_number(q, "y_m", 1e6, &y))
        return -1;
    woad_sim_move(dev->sim, x, y);
    return answer_time(q->e, q->answer);
}

static int cmd_inject(const struct request *q)
{
    uint8_t octets[260];
    uint8_t aa[4];
    int64_t start_us;
    int64_t channel;
    int64_t power;
    struct woad_sim_inject in = {.octets = octets};
    if (get_int(q, "start_us", 0, INT64_MAX / 1000, &start_us) || get_phy(q, &in.phy) ||
        get_int(q, "channel", 0, 39, &channel) || get_int(q, "power_dbm", -127, 126, &power))
        return -1;
    int aa_len = get_hex(q, "access_address", aa, sizeof(aa));
    int len = aa_len < 0 ? -1 : get_hex(q, "hex", octets, sizeof(octets));
    if (len < 0)
        return -1;
    if (aa_len != 4)
        return refuse(q->answer, "\"access_address\" has to be a string of 8 hexadecimal digits");
    in.placed = field(q, "x_m") || field(q, "y_m");
    if (in.placed && (get_number(q, "x_m", 1e6, &in.x_m) || get_number(q, "y_m", 1e6, &in.y_m)))
        return -1;
    in.start = WOAD_SIM_US(start_us);
    if (in.start < woad_sim_now(q->e->sim))
        return refuse(q->answer, "\"start_us\" is in the past");
    in.len = (size_t)len;
    in.access_address =
        (uint32_t)aa[0] << 24 | (uint32_t)aa[1] << 16 | (uint32_t)aa[2] << 8 | aa[3];
    in.channel = (uint8_t)channel;
    in.power_dbm = (int8_t)power;
    int err = woad_sim_inject(q->e->sim, &in);
    if (err < 0)
        return refuse(q->answer, "the packet was refused: %s", woad_err_text(err));
    return answer_time(q->e, q->answer);
}

static int cmd_quit(const struct request *q)
{
    return answer_time(q->e, q->answer);
}

static const struct command {
    const char *name;
    int (*run)(const struct request *q);
    const char *fields; /* each with a blank before and behind */
    enum ether_reply reply;
} commands[] = {
    {"run_until", cmd_run_until, " t_us ", ETHER_REPLY_LATER},
    {"get_time", cmd_get_time, " ", ETHER_REPLY},
    {"power_cycle", cmd_power_cycle, " device ", ETHER_REPLY},
    {"move", cmd_move, " device x_m y_m ", ETHER_REPLY},
    {"inject", cmd_inject, " start_us phy channel access_address power_dbm hex x_m y_m ",
     ETHER_REPLY},
    {"quit", cmd_quit, " ", ETHER_REPLY_QUIT},
};

/* A field that the command does not have is more likely a slip than a wish: say so. */
static int check_fields(const struct request *q, const struct command *c)
{
    json_object_object_foreach(q->o, key, value)
    {
        (void)value;
        char padded[40];
        if (strcmp(key, "cmd") == 0)
            continue;
        int len = snprintf(padded, sizeof(padded), " %s ", key);
        if (len >= (int)sizeof(padded) || strchr(key, ' ') || !strstr(c->fields, padded))
            return refuse(q->answer, "\"%.30s\" is no field of %s, which has:%s", key, c->name,
                          c->fields);
    }
    return 0;
}

static enum ether_reply execute(const struct request *q)
{
    struct json_object *cmd = field(q, "cmd");
    const char *name =
        json_object_is_type(cmd, json_type_string) ? json_object_get_string(cmd) : "";
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *c = &commands[i];
        if (strcmp(name, c->name) == 0)
            return check_fields(q, c) || c->run(q) ? ETHER_REPLY : c->reply;
    }
    (void)refuse(q->answer,
                 "\"cmd\" has to be run_until, get_time, power_cycle, move, inject or "
                 "quit, not \"%.40s\"",
                 name);
    return ETHER_REPLY;
}

enum ether_reply ether_control_line(struct ether *e, const char *line, size_t len,
                                    char answer[ETHER_ANSWER_SIZE])
{
    struct request q = {.e = e, .answer = answer};
    enum ether_reply reply = ETHER_REPLY;
    struct json_tokener *parser = json_tokener_new_ex(8);
    if (!parser) {
        (void)refuse(answer, "out of memory");
        return reply;
    }
    json_tokener_set_flags(parser, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    q.o = json_tokener_parse_ex(parser, line, (int)len);
    enum json_tokener_error err = json_tokener_get_error(parser);
    size_t used = json_tokener_get_parse_end(parser);
    if (err == json_tokener_continue)
        (void)refuse(answer, "the line ends within the JSON object");
    else if (err != json_tokener_success)
        (void)refuse(answer, "not JSON at character %zu: %s", used, json_tokener_error_desc(err));
    else if (used != len)
        (void)refuse(answer, "something stands behind the JSON object, at character %zu", used);
    else if (!json_object_is_type(q.o, json_type_object))
        (void)refuse(answer, "a line has to be a JSON object");
    else
        reply = execute(&q);
    json_object_put(q.o);
    json_tokener_free(parser);
    return reply;
}
