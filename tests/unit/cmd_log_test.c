/* woad log and woad hci as a user meets them: exit codes, filters, JSON, messages. */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WOAD WOAD_BINARY_DIR "/woad"
#define DATA WOAD_SOURCE_DIR "/tests/data/"

static char output[1 << 18]; /* of the last run, errors included */

static int run(const char *arguments)
{
    char command[1024];
    snprintf(command, sizeof(command), WOAD " %s 2>&1", arguments);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(output, 1, sizeof(output) - 1, f);
    output[n] = 0;
    int status = pclose(f);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static unsigned count_lines(const char *starts)
{
    unsigned n = 0;
    for (const char *p = output; p && *p; p = strchr(p, '\n')) {
        p += *p == '\n';
        n += *p && strchr(starts, *p) != NULL;
    }
    return n;
}

static void prints_every_packet(void **state)
{
    (void)state;
    assert_int_equal(run("log " DATA "hci-sample.btsnoop"), 0);
    assert_int_equal(count_lines("<>"), 21);
    assert_non_null(strstr(output, "LE EVT LE BIG Sync Established (0x1d) len 19"));
    assert_null(strstr(output, "\x1b[")); /* no colours into a pipe */
    assert_int_equal(run("log " DATA "ll-sample.pcap"), 0);
    assert_int_equal(count_lines("~"), 45);
    assert_int_equal(run("log --color always " DATA "hci-sample.btsnoop"), 0);
    assert_non_null(strstr(output, "\x1b[1m"));
}

static void filters_select(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        unsigned packets;
    } cases[] = {
        {"type=cmd", 6},
        {"type=evt,type=iso", 15},
        {"opcode=0x206e", 2},
        {"event=0x0e", 4},
        {"event=0x0e,opcode=0x0c03", 1},
        {"subevent=0x1d", 1},
        {"handle=0x20", 7},
        {"type=cmd,handle=32", 1},
        {"type=acl", 0},
        {"aa=0x8e89bed6", 0},
        {"event=0x3e", 5},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char arguments[256];
        snprintf(arguments, sizeof(arguments), "log --filter %s " DATA "hci-sample.btsnoop",
                 cases[i].filter);
        assert_int_equal(run(arguments), 0);
        if (count_lines("<>") != cases[i].packets)
            fail_msg("%s: %u packets", cases[i].filter, count_lines("<>"));
    }
    assert_int_equal(run("log --filter type=adv " DATA "ll-sample.pcap"), 0);
    assert_int_equal(count_lines("~"), 4);
    assert_int_equal(run("log --filter aa=0x50655431,opcode=0x14 " DATA "ll-sample.pcap"), 0);
    assert_int_equal(count_lines("~"), 1);
}

static void wrong_use_is_explained(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "log",
        "log a b",
        "log --nothing x",
        "log --filter x=1 x",
        "log --filter type=no x",
        "log --filter handle=abc x",
        "log --filter type x",
        "log --color pink x",
        "hci",
        "hci no",
        "hci coverage",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (run(wrong[i]) != 2)
            fail_msg("accepted: %s", wrong[i]);
        assert_true(strlen(output) > 0);
    }
    assert_int_equal(run("log --help"), 0);
    assert_non_null(strstr(output, "--filter"));
    assert_int_equal(run("hci coverage --help"), 0);
    assert_int_equal(run("hci tables --help"), 0);
    assert_int_equal(run("hci --help"), 0);
}

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void bad_files_have_exit_codes_of_their_own(void **state)
{
    (void)state;
    char path[] = "/tmp/woad-log-test-XXXXXX", arguments[128], sample[1200];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(arguments, sizeof(arguments), "log %s", path);
    assert_int_equal(run("log /nonexistent/file"), 4);
    assert_int_equal(run(arguments), 3); /* empty */
    write_file(path, "%PDF-1.4 something else", 23);
    assert_int_equal(run(arguments), 3);
    assert_non_null(strstr(output, "neither btsnoop nor pcap"));
    write_file(path, "\x0a\x0d\x0d\x0a\0\0\0\0", 8);
    assert_int_equal(run(arguments), 3);
    assert_non_null(strstr(output, "editcap"));
    FILE *f = fopen(DATA "hci-sample.btsnoop", "rb");
    assert_non_null(f);
    size_t n = fread(sample, 1, 700, f);
    fclose(f);
    write_file(path, sample, n);
    assert_int_equal(run(arguments), 3);
    assert_int_equal(count_lines("<>"), 15); /* what was whole is shown */
    assert_non_null(strstr(output, "cut short within packet 16"));
    snprintf(arguments, sizeof(arguments), "log " DATA "hci-sample.btsnoop >/dev/full");
    assert_int_equal(run(arguments), 4);
    unlink(path);
}

/* Nesting, quotes and commas of one JSON text; enough to see a broken writer. */
static bool is_balanced(const char *s, size_t len)
{
    char stack[64];
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (quoted) {
            i += s[i] == '\\';
            quoted = s[i] != '"';
        } else if (s[i] == '"') {
            quoted = true;
        } else if (s[i] == '{' || s[i] == '[') {
            stack[depth++] = s[i] == '{' ? '}' : ']';
        } else if (s[i] == '}' || s[i] == ']') {
            if (depth == 0 || stack[--depth] != s[i] || s[i - 1] == ',')
                return false;
        }
        if (depth == sizeof(stack))
            return false;
    }
    return depth == 0 && !quoted;
}

static void json_is_one_object_a_line(void **state)
{
    (void)state;
    static const char *const files[] = {"hci-sample.btsnoop", "ll-sample.pcap", "bis-sample.pcap"};
    static const unsigned packets[] = {21, 45, 28};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char arguments[256];
        snprintf(arguments, sizeof(arguments), "log --json " DATA "%s", files[i]);
        assert_int_equal(run(arguments), 0);
        unsigned lines = 0;
        for (const char *p = output; *p;) {
            size_t n = strcspn(p, "\n");
            assert_true(p[0] == '{' && p[n - 1] == '}');
            assert_true(is_balanced(p, n));
            lines++;
            p += n + (p[n] == '\n');
        }
        assert_int_equal(lines, packets[i]);
    }
    assert_non_null(strstr(output, "\"ad_name\":\"BIGInfo\""));
    assert_int_equal(run("log --json --stats " DATA "ll-sample.pcap"), 0);
    assert_true(is_balanced(output, strlen(output)));
    assert_int_equal(run("hci coverage --json --all " DATA "hci-sample.btsnoop"), 0);
    assert_true(is_balanced(output, strlen(output)));
    assert_int_equal(run("hci tables --json"), 0);
    assert_true(is_balanced(output, strlen(output)));
}

static void check_finds_malformed_packets(void **state)
{
    (void)state;
    assert_int_equal(run("log --check --stats " DATA "hci-sample.btsnoop"), 0);
    char path[] = "/tmp/woad-log-test-XXXXXX", arguments[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    static const uint8_t file[] = {'b',  't', 's', 'n',  'o', 'o', 'p', 0, 0, 0, 0, 1, 0,  0, 3,
                                   0xea, 0,   0,   0,    5,   0,   0,   0, 5, 0, 0, 0, 2,  0, 0,
                                   0,    0,   0,   0xe0, 0,   0,   0,   0, 0, 0, 1, 3, 12, 1, 0};
    write_file(path, file, sizeof(file)); /* HCI_Reset with a parameter */
    snprintf(arguments, sizeof(arguments), "log --check %s", path);
    assert_int_equal(run(arguments), 1);
    assert_non_null(strstr(output, "! octets left over: 1"));
    unlink(path);
}

/* Appends a data PDU on access address 0x50655431 to a pcap of the air. */
static void put_pdu(FILE *f, const void *pdu, uint8_t len)
{
    const uint8_t head[] = {0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            (uint8_t)(17 + len),
                            0,
                            0,
                            0,
                            (uint8_t)(17 + len),
                            0,
                            0,
                            0, /* record */
                            6,
                            0xd8,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0x01,
                            0x0d,
                            0x31,
                            0x54,
                            0x65,
                            0x50};
    fwrite(head, 1, sizeof(head), f);
    fwrite(pdu, 1, len, f);
    fwrite("crc", 1, 3, f);
}

static void encryption_on_air_is_followed(void **state)
{
    (void)state;
    static const uint8_t file[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                     0,    0,    0,    0,    0, 0, 1, 0, 0, 1, 0, 0};
    char path[] = "/tmp/woad-log-test-XXXXXX", arguments[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "wb");
    assert_non_null(f);
    fwrite(file, 1, sizeof(file), f);
    put_pdu(f, "\x03\x01\x05", 3);                 /* LL_START_ENC_REQ */
    put_pdu(f, "\x03\x05\xff\x01\x02\x03\x04", 7); /* encrypted from here */
    put_pdu(f, "\x02\x05\x99\x01\x02\x03\x04", 7);
    put_pdu(f, "\x03\x01\x0b", 3); /* LL_PAUSE_ENC_RSP: too short to be encrypted */
    put_pdu(f, "\x03\x02\x02\x13", 4);
    fclose(f);
    snprintf(arguments, sizeof(arguments), "log --check %s", path);
    assert_int_equal(run(arguments), 0);
    assert_non_null(strstr(output, "encrypted: ff01020304"));
    assert_non_null(strstr(output, "encrypted: 9901020304"));
    assert_non_null(strstr(output, "LL_PAUSE_ENC_RSP"));
    assert_non_null(strstr(output, "error_code: Remote User Terminated Connection (0x13)"));
    unlink(path);
}

static void coverage_adds_files(void **state)
{
    (void)state;
    assert_int_equal(run("hci coverage " DATA "hci-sample.btsnoop " DATA "hci-sample.btsnoop"), 0);
    assert_non_null(strstr(output, "0x0c03         2        2        0  Reset"));
    assert_int_equal(run("hci coverage " DATA "ll-sample.pcap"), 3);
    assert_int_equal(run("hci coverage /nonexistent/file"), 4);
    assert_int_equal(run("hci dictionary"), 0);
    assert_non_null(strstr(output, "cmd_le_set_phy=\"\\x01\\x32\\x20\\x07\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_every_packet),
        cmocka_unit_test(filters_select),
        cmocka_unit_test(wrong_use_is_explained),
        cmocka_unit_test(bad_files_have_exit_codes_of_their_own),
        cmocka_unit_test(json_is_one_object_a_line),
        cmocka_unit_test(check_finds_malformed_packets),
        cmocka_unit_test(encryption_on_air_is_followed),
        cmocka_unit_test(coverage_adds_files),
    };
    if (access(WOAD, X_OK) != 0) {
        printf("skipped: %s is not built\n", WOAD);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
