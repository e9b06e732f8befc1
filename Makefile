# sp -- a Spark-shaped toolkit.  make [all|check|check-long|san|tsan|tiny|install|clean]
CC      ?= cc
CFLAGS  ?= -O3 -g
OUT     ?= build
# Dependency files have relative names.
override OUT := $(patsubst $(CURDIR)/%,%,$(OUT))
PREFIX  ?= /usr/local
STD      = -std=c11 -D_GNU_SOURCE -Ilib -fPIE
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wwrite-strings -Wvla -Werror
HARDEN   = -fstack-protector-strong -fstack-clash-protection -fcf-protection
HARDENLD = -pie -Wl,-z,relro,-z,now
# Small libraries are linked statically: a process start must cost nothing.
LIBS     = -Wl,-Bstatic -lzstd -lpcre2-8 -lutf8proc -Wl,-Bdynamic \
           -lpthread -ldl -lm

cmds    := $(notdir $(wildcard cmd/*))
modsrc  := $(wildcard lib/*/mod_*.c)
mods    := $(patsubst mod_%.c,%,$(notdir $(modsrc)))
libobj  := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(modsrc),$(wildcard lib/*/*.c)))
units   := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*.c))
fuzzers := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
replays := $(fuzzers:%=$(OUT)/fuzz/%)
tools   := $(patsubst %.c,$(OUT)/%,$(wildcard tests/tools/*.c))
testers := $(units) $(tools) $(replays) $(OUT)/tests/slt/slt $(OUT)/tests/canary/t_canary \
           $(OUT)/scripts/manual $(OUT)/sim/sim $(OUT)/sim/cluster
simbugs := $(patsubst %,$(OUT)/sim/bug%,1 2 3 4 5 6 7 8 9 10)
clusterbugs := $(patsubst %,$(OUT)/sim/cluster-bug%,1 2 3 4 5 6 7 8 9 10)
clustersim := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/sim/cluster/*.c))

all: $(cmds:%=$(OUT)/bin/%) $(mods:%=$(OUT)/bin/sp-%.so)

define link-cmd
$(OUT)/bin/$1: $(patsubst %.c,$(OUT)/%.o,$(wildcard cmd/$1/*.c)) $(OUT)/libsp.a
endef
$(foreach c,$(cmds),$(eval $(call link-cmd,$c)))

$(units): $(OUT)/unit/%: $(OUT)/tests/unit/%.o $(OUT)/libsp.a

$(replays): $(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(OUT)/tests/fuzz/replay_main.o $(OUT)/libsp.a
$(fuzzers:%=$(OUT)/libfuzz/%): $(OUT)/libfuzz/%: $(OUT)/tests/fuzz/%.o $(OUT)/libsp.a
$(OUT)/tests/slt/slt $(OUT)/tests/canary/t_canary: %: %.o
$(tools): %: %.o $(OUT)/libsp.a
$(OUT)/scripts/manual: $(OUT)/scripts/manual.o $(OUT)/libsp.a

$(OUT)/sim/sim: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/sim/*.c)) $(OUT)/libsp.a
# The scheduler with one fault built in, which the simulator has to find.
$(simbugs): $(OUT)/sim/bug%: $(wildcard lib/sched/*.[ch]) $(OUT)/sim/sim
	@mkdir -p $(@D)
	$(CC) $(STD) $(CFLAGS) -O1 -DSCHED_BUG=$* $(HARDENLD) -o $@ \
	    $(wildcard lib/sched/*.c) \
	    $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/sim/*.c)) $(OUT)/libsp.a $(LIBS)
# The same for master and worker.
$(OUT)/sim/cluster: $(clustersim) $(OUT)/libsp.a
$(clusterbugs): $(OUT)/sim/cluster-bug%: $(wildcard lib/cluster/*.[ch]) $(OUT)/sim/cluster
	@mkdir -p $(@D)
	$(CC) $(STD) $(CFLAGS) -O1 -DCLUSTER_BUG=$* $(HARDENLD) -o $@ \
	    $(wildcard lib/cluster/*.c) $(clustersim) $(OUT)/libsp.a $(LIBS)

link = mkdir -p $(@D) && $(CC) $(CFLAGS) $(HARDENLD) -o $@ $^ $(LIBS)
$(OUT)/bin/%:  ; $(link)
$(OUT)/unit/%: ; $(link)
$(OUT)/fuzz/%: ; $(link)
$(OUT)/libfuzz/%: ; $(link)
$(OUT)/sim/sim $(OUT)/sim/cluster: ; $(link)
$(OUT)/tests/slt/slt $(OUT)/tests/canary/t_canary: ; $(link)
$(tools): ; $(link)
$(OUT)/scripts/manual: ; $(link)

# The page that is made from the tables of lib/expr.
man/sp-functions.7: $(OUT)/scripts/manual
	$< functions >$@.tmp && mv $@.tmp $@

# Heavy libraries live in modules that are opened at first use.
modlibs_archive = -larchive
modlibs_tls     = -lssl -lcrypto
modlibs_ssh     = -lssh2 -lcrypto
vpath mod_%.c $(sort $(dir $(modsrc)))
$(OUT)/bin/sp-%.so: mod_%.c
	mkdir -p $(@D) && $(CC) $(STD) $(WARN) $(CFLAGS) $(HARDEN) -fPIC -shared \
	    -MMD -MP -MF $(OUT)/mod_$*.d -o $@ $< $(modlibs_$*)

$(OUT)/libsp.a: $(libobj)
	rm -f $@ && $(AR) rcs $@ $^

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(HARDEN) -MMD -MP -c -o $@ $<

testers: $(testers)

check: all testers $(simbugs) $(clusterbugs)
	scripts/check $(OUT)

check-long: all testers $(simbugs) $(clusterbugs)
	scripts/check --long $(OUT)

SANFLAGS = -O1 -g -fno-omit-frame-pointer -Wno-format-truncation \
           -Wno-format-overflow -Wno-maybe-uninitialized
# A thread that is cancelled leaves its stack as it was: no alternate one.  Wrong
# clocks are a library that is loaded first.
san:   ; ASAN_OPTIONS=use_sigaltstack=0:verify_asan_link_order=0 LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp \
         $(MAKE) check OUT=build/san  CFLAGS='$(SANFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=undefined'
tsan:  ; $(MAKE) check OUT=build/tsan CFLAGS='$(SANFLAGS) -fsanitize=thread'
tiny:  ; $(MAKE) check OUT=build/tiny CFLAGS='-O1 -g -DBATCH_ROWS=3'
clean: ; rm -rf build

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/sp
	install -m 755 $(cmds:%=$(OUT)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(mods:%=$(OUT)/bin/sp-%.so) $(DESTDIR)$(PREFIX)/lib/sp
	for s in 1 5 7; do install -d $(DESTDIR)$(PREFIX)/share/man/man$$s; \
	    install -m 644 man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s; done

.PHONY: all testers check check-long san tsan tiny install clean
.SECONDARY:
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
