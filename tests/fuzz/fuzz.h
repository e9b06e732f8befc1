/*
 * fuzz -- what a fuzz target provides.
 *
 * Each tests/fuzz/fuzz_X.c defines this one function: it reads the bytes as
 * whatever X decodes and must neither crash, hang nor leak on any input.
 * The same source is linked with libFuzzer by scripts/fuzz and with
 * replay_main.c by make check, which runs tests/fuzz/corpus/X.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0; -1 keeps the input out of a corpus being built. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif
