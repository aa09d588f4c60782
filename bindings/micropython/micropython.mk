# MicroPython's bluetooth module on woad, as a user C module:
#
#     make -C ports/unix USER_C_MODULES=<woad>/bindings ...       (docs/micropython.md)
#
# WOAD_MODEL     execution model: 0 cooperative (default), 1 a thread for HCI, 2 threaded
# WOAD_SANITIZE  sanitizers of the module and woad (address,undefined or thread); MicroPython itself has none
WOAD_TOP := $(abspath $(USERMOD_DIR)/../..)
# Not below USER_C_MODULES by name: objects would go to $(BUILD)/micropython, which on the unix port is
# the name of the program.
WOAD_BINDING := $(WOAD_TOP)/src/../bindings/micropython
WOAD_MODEL ?= 0

SRC_USERMOD_C += $(addprefix $(WOAD_BINDING)/,ble.c gap.c gatts.c gattc.c l2cap.c pairing.c \
    channel.c pump_unix.c)

# woad itself, without MicroPython's names.
SRC_USERMOD_LIB_C += $(wildcard $(addprefix $(WOAD_TOP)/,src/base/*.c src/crypto/*.c src/hci/*.c \
    src/host/*.c src/host/*/*.c kernel/*.c kernel/coop/*.c kernel/pthread/*.c kernel/posix/*.c \
    transport/core/*.c transport/posix/*.c store/ram.c store/check.c))

CFLAGS_USERMOD += -include $(WOAD_BINDING)/woad_config.h -I$(WOAD_TOP)/include
LDFLAGS_USERMOD += -lmbedcrypto -lpthread

# MicroPython's own files stay on the C standard of their port.
$(BUILD)/$(WOAD_TOP)/%.o: CFLAGS += -std=gnu11 -D_GNU_SOURCE $(addprefix -I$(WOAD_TOP)/,src/base \
    src/crypto src/hci src/host kernel transport/core transport/posix store)

# An exception of MicroPython leaves frames of ours: longjmp, which MICROPY_NLR_SETJMP uses, is what the sanitizer
# knows of that.
ifneq ($(WOAD_SANITIZE),)
$(BUILD)/$(WOAD_TOP)/%.o: CFLAGS += -fsanitize=$(WOAD_SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer -g1
CFLAGS_USERMOD += -DMICROPY_NLR_SETJMP=1 -Wno-clobbered
LDFLAGS_USERMOD += -fsanitize=$(WOAD_SANITIZE)
STRIP := true
endif

# The pump alone knows the model: another one compiles a single file anew.
WOAD_MODEL_FILE := $(BUILD)/woad_model
$(shell mkdir -p $(BUILD); [ "$$(cat $(WOAD_MODEL_FILE) 2>/dev/null)" = $(WOAD_MODEL) ] || \
    echo $(WOAD_MODEL) >$(WOAD_MODEL_FILE))
$(BUILD)/$(WOAD_BINDING)/pump_unix.o: $(WOAD_MODEL_FILE)
$(BUILD)/$(WOAD_BINDING)/pump_unix.o: CFLAGS += -DWOAD_MPY_MODEL=$(WOAD_MODEL)
