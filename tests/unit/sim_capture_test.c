/* Captures as others see them: tshark decodes the pcap without a malformed packet and agrees on
 * channel, PHY, direction and CRC; dumps have BabbleSim's columns. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

struct world {
    struct woad_sim *sim;
    struct fix_radio a, b;
    char dir[64], path[96];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    strcpy(w->dir, "/tmp/woad-capture-XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/a.pcap", w->dir);
    w->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
    fix_init(&w->a, w->sim, &(struct woad_sim_dev_cfg){.tx_power_dbm = 4});
    fix_init(&w->b, w->sim, &(struct woad_sim_dev_cfg){0});
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char command[128];
    woad_sim_free(w->sim);
    snprintf(command, sizeof(command), "rm -r %s", w->dir);
    int err = system(command);
    free(w);
    return err;
}

static struct woad_radio_op *adv(struct woad_radio_op *op, uint8_t type, uint8_t channel)
{
    const uint8_t addr[6] = {1, 2, 3, 4, 5, 0xc6};
    op->access_address = SIM_ADV_AA;
    op->crc_init = 0x555555;
    op->channel = channel;
    op->pdu[0] = (uint8_t)(0x40 | type);
    memcpy(op->pdu + 2, addr, 6);
    if (type == 0) { /* flags */
        op->pdu[8] = 2;
        op->pdu[9] = 1;
        op->pdu[10] = 6;
    }
    return op;
}

/* b connects to a, which advertised; then an event on each PHY, the answers by a. */
static void play(struct world *w)
{
    adv(fix_tx(&w->a, 1000, 9), 0, 37)->tx_power_dbm = 4;
    adv(fix_tx(&w->a, 1500, 9), 0, 38);
    adv(fix_tx(&w->a, 2000, 9), 0, 39);
    struct woad_radio_op *op = adv(fix_tx(&w->b, 2152 + 150, 34), 5, 39);
    const uint8_t data[28] = {1,
                              2,
                              3,
                              4,
                              5,
                              0xc6,
                              FIX_AA & 0xff,
                              FIX_AA >> 8 & 0xff,
                              FIX_AA >> 16 & 0xff,
                              FIX_AA >> 24,
                              0x56,
                              0x34,
                              0x12,
                              2,
                              2,
                              0,
                              24,
                              0,
                              0,
                              0,
                              100,
                              0,
                              0xff,
                              0xff,
                              0xff,
                              0xff,
                              0x1f,
                              5};
    memcpy(op->pdu + 8, data, 28);
    const uint8_t phys[] = {WOAD_PHY_1M, WOAD_PHY_2M, WOAD_PHY_CODED_S8, WOAD_PHY_CODED_S2};
    const uint8_t channels[] = {0, 10, 11, 36};
    for (unsigned i = 0; i < 4; i++) {
        op = fix_tx(&w->b, 6500 + i * 30000, 0);
        op->pdu[0] = (uint8_t)(1 | (i % 2) << 2 | (i % 2) << 3); /* LLID, NESN, SN */
        op->phy = phys[i];
        op->channel = channels[i];
        woad_time end = op->start_us + woad_phy_air_us(phys[i], 2);
        op = fix_tx(&w->a, end + 150, 0);
        op->pdu[0] = (uint8_t)(1 | ((i + 1) % 2) << 2 | (i % 2) << 3);
        op->phy = phys[i];
        op->channel = channels[i];
    }
    fix_timer(&w->a, 100);
    fix_timer(&w->b, 100);
    woad_sim_run_until(w->sim, WOAD_SIM_S(1));
}

static bool run_tshark(const char *path, const char *args, char *out, size_t size)
{
    char command[400];
    snprintf(command, sizeof(command), "tshark -r %s %s 2>/dev/null", path, args);
    FILE *f = popen(command, "r");
    size_t len = fread(out, 1, size - 1, f);
    out[len] = 0;
    return pclose(f) == 0;
}

static void have_tshark(void)
{
    if (system("tshark --version >/dev/null 2>&1") != 0) {
        print_message("skipped: tshark is not installed\n");
        skip();
    }
}

static void tshark_finds_nothing_malformed(void **state)
{
    struct world *w = *state;
    char out[8192];
    have_tshark();
    assert_int_equal(woad_sim_capture_open(w->sim, w->path), 0);
    assert_int_equal(woad_sim_capture_open(w->sim, w->path), WOAD_ERR_EXISTS);
    play(w);
    assert_int_equal(woad_sim_capture_close(w->sim), 0);
    assert_true(
        run_tshark(w->path, "-T fields -e _ws.malformed -e _ws.expert.message", out, sizeof(out)));
    for (const char *p = out; *p; p++)
        if (*p != 10 && *p != 9)
            fail_msg("%s", out);
    assert_true(run_tshark(w->path,
                           "-T fields -E separator=, -e frame.time_epoch -e btle_rf.channel "
                           "-e btle_rf.signal_dbm -e btle_rf.phy -e btle_rf.flags.crc_valid "
                           "-e btle_rf.pdu_type -e btle.access_address",
                           out, sizeof(out)));
    const char *want = "0.001000000,0,4,0,0,0,0x8e89bed6\n"
                       "0.001500000,12,0,0,0,0,0x8e89bed6\n"
                       "0.002000000,39,0,0,0,0,0x8e89bed6\n"
                       "0.002302000,39,0,0,0,0,0x8e89bed6\n"
                       "0.006500000,1,0,0,1,2,0x71764129\n"
                       "0.006730000,1,0,0,1,3,0x71764129\n"
                       "0.036500000,11,0,1,1,2,0x71764129\n"
                       "0.036694000,11,0,1,1,3,0x71764129\n"
                       "0.066500000,13,0,2,1,2,0x71764129\n"
                       "0.067370000,13,0,2,1,3,0x71764129\n"
                       "0.096500000,38,0,2,1,2,0x71764129\n"
                       "0.097112000,38,0,2,1,3,0x71764129\n";
    assert_string_equal(out, want);
}

/* Each event of the link decodes as an empty PDU of the right side, with the CONNECT_IND's roles.
 */
static void tshark_knows_the_roles(void **state)
{
    struct world *w = *state;
    char out[8192];
    have_tshark();
    assert_int_equal(woad_sim_capture_open(w->sim, w->path), 0);
    play(w);
    assert_int_equal(woad_sim_capture_close(w->sim), 0);
    assert_true(run_tshark(w->path,
                           "-Y btle.data_header -T fields -E separator=, -e btle.data_header.llid "
                           "-e btle.data_header.length",
                           out, sizeof(out)));
    unsigned lines = 0;
    for (const char *p = out; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 8);
}

static void cut_packet_has_a_bad_crc(void **state)
{
    struct world *w = *state;
    char out[1024];
    have_tshark();
    assert_int_equal(woad_sim_capture_open(w->sim, w->path), 0);
    fix_tx(&w->a, 1000, 100);
    fix_timer(&w->a, 100);
    woad_sim_run_until(w->sim, WOAD_SIM_US(1300));
    w->a.radio.ops->abort(w->a.radio.ctx);
    assert_int_equal(woad_sim_capture_close(w->sim), 0); /* while it is on air */
    assert_true(run_tshark(w->path,
                           "-T fields -E separator=, -e btle_rf.flags.crc_checked "
                           "-e btle_rf.flags.crc_valid",
                           out, sizeof(out)));
    assert_string_equal(out, "1,0\n");
}

static void unwritable_capture_is_an_error(void **state)
{
    struct world *w = *state;
    assert_int_equal(woad_sim_capture_open(w->sim, "/nonexistent/a.pcap"), WOAD_ERR_IO);
    assert_int_equal(woad_sim_capture_close(w->sim), 0);
    if (woad_sim_capture_open(w->sim, "/dev/full") != 0)
        skip();
    play(w);
    assert_int_equal(woad_sim_capture_close(w->sim), WOAD_ERR_IO);
    assert_int_equal(woad_sim_dump_open(w->sim, "/nonexistent"), WOAD_ERR_IO);
}

static void read_file(const char *dir, const char *name, char *to, size_t size)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(to, 1, size - 1, f);
    to[len] = 0;
    fclose(f);
}

#define HEAD                                                                                       \
    "start_time,end_time,center_freq,phy_address,modulation,power_level,abort_time,recheck_time,"  \
    "packet_size,packet\n"
#define NEVER "18446744073709551615"

static void dump_has_babblesims_form(void **state)
{
    struct world *w = *state;
    char text[8192];
    assert_int_equal(woad_sim_dump_open(w->sim, w->dir), 0);
    play(w);
    read_file(w->dir, "d_2G4_00.Tx.csv", text, sizeof(text));
    const char *lines[] = {
        HEAD "1000,1151,2.000000,0x8E89BED6,16,4.000000," NEVER "," NEVER
             ",14,40 09 01 02 03 04 05 C6 02 01 06 ",
        "36694,36737,24.000000,0x71764129,32,0.000000," NEVER "," NEVER ",5,09 00 ",
        "67370,68089,28.000000,0x71764129,33,0.000000," NEVER "," NEVER ",5,05 00 ",
        "97112,97573,78.000000,0x71764129,33,0.000000," NEVER "," NEVER ",5,09 00 ",
    };
    assert_memory_equal(text, lines[0], strlen(lines[0]));
    for (unsigned i = 1; i < 4; i++)
        assert_non_null(strstr(text, lines[i]));
    assert_null(strstr(text, " \n"));
    read_file(w->dir, "d_2G4_01.Tx.csv", text, sizeof(text));
    assert_memory_equal(text, HEAD "2302,", strlen(HEAD "2302,"));
}

/* Whoever is told the time can read the packets that started before it. */
static void dump_is_written_before_time_has_passed(void **state)
{
    struct world *w = *state;
    char text[1024];
    assert_int_equal(woad_sim_dump_open(w->sim, w->dir), 0);
    fix_tx(&w->a, 1000, 0);
    fix_timer(&w->a, 100);
    woad_sim_run_until(w->sim, WOAD_SIM_US(999));
    read_file(w->dir, "d_2G4_00.Tx.csv", text, sizeof(text));
    assert_string_equal(text, HEAD);
    woad_sim_run_until(w->sim, WOAD_SIM_US(1000));
    read_file(w->dir, "d_2G4_00.Tx.csv", text, sizeof(text));
    assert_non_null(strstr(text, "\n1000,"));
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(tshark_finds_nothing_malformed), test(tshark_knows_the_roles),
        test(cut_packet_has_a_bad_crc),       test(unwritable_capture_is_an_error),
        test(dump_has_babblesims_form),       test(dump_is_written_before_time_has_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
