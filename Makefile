# DTQ. `make` alone prints the targets.
#   SANITIZER=address,undefined | thread   builds into a folder of its own
#   CC=clang                               likewise

CC        ?= gcc
ifeq ($(origin CC),default)
CC        := gcc
endif
PREFIX    ?= /usr/local
DESTDIR   ?=
BINDIR    ?= $(PREFIX)/bin
DATADIR   ?= $(PREFIX)/share
MANDIR    ?= $(DATADIR)/man
DOCDIR    ?= $(DATADIR)/doc/dtq
UNITDIR   ?= $(PREFIX)/lib/systemd/system
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
VERSION   := 0.1.0
comma     := ,
FLAVOUR   := $(notdir $(CC))$(if $(SANITIZER),-$(subst $(comma),-,$(SANITIZER)))
BUILD     := build/$(FLAVOUR)
# The usual build puts its programs in bin/, any other one beside its objects.
BIN       := $(if $(SANITIZER)$(filter-out gcc cc,$(notdir $(CC))),$(BUILD)/bin,bin)

# TLS to Redis where hiredis has it (1.0 and later); without, rediss:// says that it has not.
TLS       := $(shell pkg-config --exists 'hiredis >= 1.0' hiredis_ssl libssl && echo hiredis_ssl libssl libcrypto)
# Requests go out and are waited for in one system call where there is liburing.
URING     := $(shell pkg-config --exists 'liburing >= 2.1' && echo liburing)
PACKAGES  := hiredis libcjson libpng cairo zlib libedit $(TLS) $(URING)
OPT       ?= -O2
# -ffp-contract=off: the same bits of weights whatever the machine can fuse.
CFLAGS    := -std=gnu17 $(OPT) -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
             -Wmissing-prototypes -Wvla -ffp-contract=off -fno-math-errno \
             $(if $(SANITIZER),-fsanitize=$(SANITIZER) -fno-omit-frame-pointer) $(EXTRA_CFLAGS)
CPPFLAGS  := -I. -I$(BUILD) -D_GNU_SOURCE $(if $(TLS),-DDTQ_TLS) $(if $(URING),-DDTQ_URING) -DDTQ_VERSION='"$(VERSION)"' \
             $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null | sed 's/-I\([^ ]*\)/-isystem \1/g')
LDLIBS    := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lgmp -lm -lpthread
LDFLAGS   := $(if $(SANITIZER),-fsanitize=$(SANITIZER))

# Everything below common/ and jobs/ is one library; each program adds the files of its folder.
LIB_SRC   := $(sort $(wildcard common/*.c common/*/*.c jobs/*.c jobs/*/*.c))
LIB_OBJ   := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/lua/scripts.o
LIB       := $(BUILD)/libdtq.a
PARTS_SRC := $(sort $(filter-out %/main.c,$(wildcard producer/*.c master/*.c worker/*.c)))
PARTS     := $(BUILD)/libparts.a
LUA_SRC   := $(sort $(wildcard lua/*.lua lua/include/*.lua))
PROGRAMS  := dtq-master dtq-worker dtq-producer
MAN       := $(sort $(wildcard docs/man/*.1))
# The data sets that come with us; whatever else lies in data/ is the user's.
DATA      := $(addprefix data/,README.md jobs.txt original.txt breast_cancer.csv diabetes.csv \
             digits.csv mnist_test.csv pictures.py train.csv)
DOCS      := README.md CHANGELOG.md LICENSE compose.yaml $(sort $(wildcard docs/*.md))
UNITS     := $(sort $(wildcard packaging/*.service))
# Where programs look for installed data sets: from BINDIR on where that has a way, so that the
# tree can be moved and another PREFIX needs no other programs.
DATA_WAY  := $(if $(filter $(PREFIX)/bin,$(BINDIR)),$(patsubst $(PREFIX)/%,../%,$(DATADIR)),$(DATADIR))/dtq/data
BINARIES  := $(PROGRAMS:%=$(BIN)/%) $(BIN)/dtq
UNIT_SRC  := $(sort $(wildcard tests/unit/test_*.c))
QUEUE_SRC := $(sort $(wildcard tests/queue/test_*.c))
UNIT      := $(UNIT_SRC:%.c=$(BUILD)/%)
QUEUE     := $(QUEUE_SRC:%.c=$(BUILD)/%)
TEST_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/support/*.c)))
FUZZ      := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SECONDS   ?= 300
BENCH     := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard bench/*.c)))

# `make V=1` shows the commands.
Q         := $(if $(V),,@)
say        = $(if $(V),,@echo "  $(1) $@")

.DEFAULT_GOAL := help
.SECONDARY:
.PHONY: help all demo test unit queue e2e golden compose-test model bench fuzz fuzz-targets lint fmt \
        install install-programs uninstall clean tests FORCE

help:
	@echo "make all       build bin/dtq, bin/dtq-master, bin/dtq-worker, bin/dtq-producer"
	@echo "make demo      sums, trainings, pictures and a killed worker, in half a minute"
	@echo "make test      unit + queue + e2e (each can be run alone)"
	@echo "make golden    the same bits of weights by every compiler and instruction set there is"
	@echo "make model     check the protocol's model with spin"
	@echo "make compose-test  compose.yaml and the images, where a Docker engine is"
	@echo "make chaos     jobs while everything is killed, SEEDS=$(SEEDS); make soak HOURS=$(HOURS)"
	@echo "make bench     measure, as ratios in one run (bench/README.md)"
	@echo "make fuzz      each parser with libFuzzer for SECONDS=$(SECONDS) (needs clang)"
	@echo "make lint      house rules, shellcheck, luacheck, format"
	@echo "make fmt       format the C sources in place"
	@echo "make install   PREFIX=$(PREFIX) DESTDIR=$(DESTDIR); make uninstall takes it away"
	@echo "make clean     remove build/ and bin/"
	@echo "SANITIZER=address,undefined or SANITIZER=thread works with any of them."

all: $(BINARIES)

$(BUILD)/%.o: %.c | $(BUILD)/lua/scripts.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The scripts, compiled into the programs together with their SHA1.
$(BUILD)/lua/scripts.c: lua/embed.sh $(LUA_SRC)
	@mkdir -p $(@D)
	sh lua/embed.sh lua > $@.part && mv $@.part $@

$(BUILD)/lua/scripts.h: lua/embed.sh $(filter-out lua/include/%,$(LUA_SRC))
	@mkdir -p $(@D)
	sh lua/embed.sh lua header > $@.part && mv $@.part $@

$(BUILD)/lua/scripts.o: $(BUILD)/lua/scripts.c
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# Rewritten only when it has changed, and with it the object that knows it.
$(BUILD)/data_way: FORCE
	@mkdir -p $(@D)
	@echo '$(DATA_WAY)' | cmp -s - $@ || echo '$(DATA_WAY)' >$@

$(BUILD)/common/shipped.o: $(BUILD)/data_way
$(BUILD)/common/shipped.o: CPPFLAGS += -DDTQ_DATA='"$(DATA_WAY)"'

$(LIB): $(LIB_OBJ) Makefile
	@rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $(filter %.o,$^)

# What the producer consists of, for the tests of its parts.
$(PARTS): $(PARTS_SRC:%.c=$(BUILD)/%.o) Makefile
	@rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $(filter %.o,$^)

define program
$(BIN)/dtq-$(1): $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard $(1)/*.c))) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD)
	$(Q)$$(CC) $$(LDFLAGS) $$^ $$(LDLIBS) -o $$@
endef
$(foreach folder,master worker producer,$(eval $(call program,$(folder))))

$(BIN)/dtq: $(BIN)/dtq-producer
	ln -sf dtq-producer $@

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(TEST_OBJ) $(PARTS) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $(filter %.o %.a,$^) $(LDLIBS) -lcmocka -o $@

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $(filter %.o %.a,$^) $(LDLIBS) -o $@

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/fuzz.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer $^ $(LDLIBS) -o $@

fuzz-targets: $(FUZZ)

fuzz:
	$(MAKE) CC=clang BUILD=build/fuzz SANITIZER=fuzzer-no-link,address,undefined \
	    EXTRA_CFLAGS=-fno-sanitize-recover=undefined fuzz-targets
	sh tests/fuzz/run.sh build/fuzz/fuzz $(SECONDS)

demo: all
	$(BIN)/dtq demo

tests: $(UNIT) $(QUEUE)

# Each program of tests by itself, so that make -j runs several; one that fails shows what it said.
%.run: %
	@$(RUNNER) $< >$<.log 2>&1 || { cat $<.log; exit 1; }
	@echo "$(notdir $<): $$(sed -n 's/.*PASSED.* \([0-9]* test(s)\).*/\1 passed/p' $<.log)"

unit: $(UNIT:%=%.run)
queue: $(QUEUE:%=%.run)

# E2E='faults sums' runs some of them.
e2e: all
	BIN=$(BIN) sh tests/e2e/run.sh $(E2E)

# What computes is built anew by each compiler at each level; the rest is the usual build's.
golden: $(TEST_OBJ) $(LIB)
	CPPFLAGS='$(CPPFLAGS)' CFLAGS='$(filter-out $(OPT) -g,$(CFLAGS))' LDLIBS='$(LDLIBS)' \
	    sh tests/golden/bits.sh $(BUILD)/golden $^

# The protocol as a model; needs spin.
model:
	sh tests/model/run.sh

# Everything is killed, stopped and cut at random: so many seeds, or for so many hours.
SEEDS     ?= 30
HOURS     ?= 1
chaos: all
	BIN=$(BIN) sh tests/chaos/run.sh $(SEEDS)

soak: all
	HOURS=$(HOURS) BIN=$(BIN) sh tests/chaos/run.sh

# Skipped with a note where no Docker engine answers.
compose-test: all
	BIN=$(BIN) sh tests/compose/run.sh

# The end-to-end tests last: they like the machine to themselves.
test: unit queue
	$(MAKE) e2e

bench: all $(BENCH)
	BIN=$(BIN) BUILD=$(BUILD) sh bench/run.sh

lint:
	sh tests/lint_test.sh
	sh tests/lint.sh

fmt:
	clang-format -i $$(git ls-files '*.c' '*.h')

# What is installed, as FOLDER:FILE...; folders of our own go when it is uninstalled.
MAN_OUT   := $(notdir $(MAN)) dtq-producer.1
OWN       := $(DATADIR)/dtq/data $(DATADIR)/dtq $(DOCDIR)
installed  = $(addprefix $(BINDIR)/,$(PROGRAMS) dtq) $(addprefix $(MANDIR)/man1/,$(MAN_OUT)) \
             $(addprefix $(DATADIR)/dtq/,$(DATA)) $(addprefix $(DOCDIR)/,$(notdir $(DOCS))) \
             $(addprefix $(UNITDIR)/,$(notdir $(UNITS))) \
             $(addprefix $(BASHCOMPDIR)/,dtq $(PROGRAMS))
quoted     = '$(subst ','\'',$(1))'
to         = $(call quoted,$(DESTDIR)$(1))

install-programs: all
	install -d $(call to,$(BINDIR))
	install $(PROGRAMS:%=$(BIN)/%) $(call to,$(BINDIR))
	ln -sf dtq-producer $(call to,$(BINDIR)/dtq)

install: install-programs
	install -d $(call to,$(MANDIR)/man1) $(call to,$(DATADIR)/dtq/data) $(call to,$(DOCDIR)) \
	    $(call to,$(UNITDIR)) $(call to,$(BASHCOMPDIR))
	install -m 644 $(MAN) $(call to,$(MANDIR)/man1)
	ln -sf dtq.1 $(call to,$(MANDIR)/man1/dtq-producer.1)
	install -m 644 $(DATA) $(call to,$(DATADIR)/dtq/data)
	install -m 644 $(DOCS) $(call to,$(DOCDIR))
	for unit in $(notdir $(UNITS)); do \
	    sed 's,/usr/local/bin/,$(BINDIR)/,' packaging/$$unit >$(call to,$(UNITDIR))/$$unit || exit; \
	    chmod 644 $(call to,$(UNITDIR))/$$unit || exit; done
	install -m 644 packaging/dtq.bash $(call to,$(BASHCOMPDIR)/dtq)
	for name in $(PROGRAMS); do ln -sf dtq $(call to,$(BASHCOMPDIR))/$$name || exit; done

uninstall:
	rm -f $(foreach file,$(installed),$(call to,$(file)))
	for folder in $(foreach folder,$(OWN),$(call to,$(folder))); do \
	    [ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder"; done

clean:
	rm -rf build bin

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d)
