/* woad: one command, many sub-commands. Each lives in cmd_<name>.c, each benchmark in
 * bench_<name>.c. */
#include "commands.h"
#include "tool.h"

#include <errno.h>
#include <string.h>

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"demo", "two devices in one process move a file through the simulated radio", woad_cmd_demo},
    {"scan", "report advertisers in range", woad_cmd_scan},
    {"advertise", "advertise until interrupted", woad_cmd_advertise},
    {"gatt", "read, write and subscribe to a device's services", woad_cmd_gatt},
    {"pair", "pair with a device and keep the bond", woad_cmd_pair},
    {"bonds", "list, remove and export bonds", woad_cmd_bonds},
    {"recv", "wait for a sender and receive a file", woad_cmd_recv},
    {"send", "connect to a receiver and send a file", woad_cmd_send},
    {"serve", "serve what a JSON file describes", woad_cmd_serve},
    {"ether", "a world whose controllers any host stack may use", woad_cmd_ether},
    {"log", "decode btsnoop and pcap captures", woad_cmd_log},
    {"decrypt", "an air capture in the clear, with the keys of bonds", woad_cmd_decrypt},
    {"replay", "run the host against a recorded HCI log", woad_cmd_replay},
    {"hci", "HCI tables, and what captures covered of them", woad_cmd_hci},
    {"lc3", "the LC3 codec on files: encode, decode, info, compare", woad_cmd_lc3},
    {"bench", "measure; prints JSON with --json", woad_cmd_bench},
};

static const struct command benches[] = {
    {"att", "instructions of one ATT operation, by callgrind", woad_bench_att},
    {"hci", "instructions of the host for one SDU, by callgrind", woad_bench_hci},
    {"lc3", "instructions per frame of the LC3 codec, here and on emulated cores", woad_bench_lc3},
    {"l2cap", "octets per second of virtual time against the air's limit", woad_bench_l2cap},
    {"notify", "notifications per second, and their latency, of virtual time", woad_bench_notify},
    {"sim", "speed and memory of the radio world", woad_bench_sim},
};

static void print_table(const struct command *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].name)
            printf("  %-10s %s\n", table[i].name, table[i].summary);
}

static const struct command *find(const struct command *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].name && strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

int woad_cmd_bench(int argc, char **argv)
{
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    const struct command *bench = argc > 1 ? find(benches, COUNT(benches), argv[1]) : NULL;
    if (bench)
        return bench->run(argc - 1, argv + 1);
    if (argc > 1 && !help)
        tool_error("there is no benchmark called '%s'", argv[1]);
    printf("Usage: woad bench NAME [options]\n\n"
           "Figures are in virtual time or in instructions, so that they repeat; wall-clock\n"
           "figures are marked as such. 'woad bench NAME --help' explains one of:\n\n");
    print_table(benches, COUNT(benches));
    return help ? TOOL_OK : TOOL_USAGE;
}

static void print_overview(FILE *to)
{
    fprintf(to, "Usage: woad COMMAND [options]\n\n"
                "A Bluetooth LE host, controller and radio world in one program.\n\n");
    if (to == stdout)
        print_table(commands, COUNT(commands));
    fprintf(
        to,
        "\n'woad COMMAND --help' explains one. Begin with 'woad demo'.\n"
        "Exit codes: 0 done, 1 the result is bad, 2 usage, 3 bad input file, 4 input or output\n"
        "error, 5 peer or controller failed, 6 timeout, 130 interrupted.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return TOOL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("woad %s\n", WOAD_VERSION);
        return TOOL_OK;
    }
    const struct command *command = find(commands, COUNT(commands), argv[1]);
    if (!command) {
        tool_error("there is no command called '%s'; 'woad --help' lists them", argv[1]);
        return TOOL_USAGE;
    }
    tool_catch_signals();
    int rc = command->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno != EPIPE) /* a reader that has seen enough, like head, is no error to report */
            tool_error("cannot write the output: is the disk full?");
        return rc ? rc : TOOL_IO;
    }
    return rc;
}
