/* Entry points of the sub-commands (argv[0] is the sub-command's name). */
#ifndef WOAD_COMMANDS_H
#define WOAD_COMMANDS_H

int woad_cmd_advertise(int argc, char **argv);
int woad_cmd_bench(int argc, char **argv);
int woad_cmd_bonds(int argc, char **argv);
int woad_cmd_decrypt(int argc, char **argv);
int woad_cmd_demo(int argc, char **argv);
int woad_cmd_ether(int argc, char **argv);
int woad_cmd_gatt(int argc, char **argv);
int woad_cmd_hci(int argc, char **argv);
int woad_cmd_lc3(int argc, char **argv);
int woad_cmd_log(int argc, char **argv);
int woad_cmd_pair(int argc, char **argv);
int woad_cmd_recv(int argc, char **argv);
int woad_cmd_replay(int argc, char **argv);
int woad_cmd_scan(int argc, char **argv);
int woad_cmd_send(int argc, char **argv);
int woad_cmd_serve(int argc, char **argv);

int woad_bench_att(int argc, char **argv);
int woad_bench_hci(int argc, char **argv);
int woad_bench_l2cap(int argc, char **argv);
int woad_bench_lc3(int argc, char **argv);
int woad_bench_notify(int argc, char **argv);
int woad_bench_sim(int argc, char **argv);

#endif
