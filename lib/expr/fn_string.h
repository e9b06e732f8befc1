/*
 * fn_string -- kernels and special binds of the string functions, for the
 * table in fn_string.c.  One file a family: fn_string_*.c.
 */
#ifndef EXPR_FN_STRING_H
#define EXPR_FN_STRING_H

#include "expr/fn_sig.h"

/* fn_string_case.c: lengths and letters */
int k_octet_length(struct kernel_call *k, struct err *e);
int k_bit_length(struct kernel_call *k, struct err *e);
int k_upper(struct kernel_call *k, struct err *e);
int k_lower(struct kernel_call *k, struct err *e);
int k_initcap(struct kernel_call *k, struct err *e);
int k_ascii(struct kernel_call *k, struct err *e);
int k_chr(struct kernel_call *k, struct err *e);
int k_is_valid_utf8(struct kernel_call *k, struct err *e);
int k_make_valid_utf8(struct kernel_call *k, struct err *e);
int k_validate_utf8(struct kernel_call *k, struct err *e);
int k_try_validate_utf8(struct kernel_call *k, struct err *e);
int bind_length(struct func_bind *b, struct err *e);
/* Lower case of s into memory of the arena. */
struct bytes str_lower(struct arena *a, const char *p, size_t n);

/* fn_string_cut.c: parts of strings, never copied */
int k_substring(struct kernel_call *k, struct err *e);
int k_left(struct kernel_call *k, struct err *e);
int k_right(struct kernel_call *k, struct err *e);
int k_trim(struct kernel_call *k, struct err *e);
int k_ltrim(struct kernel_call *k, struct err *e);
int k_rtrim(struct kernel_call *k, struct err *e);
int k_split_part(struct kernel_call *k, struct err *e);
int k_substring_index(struct kernel_call *k, struct err *e);

/* fn_string_find.c: searching and comparing */
int k_contains(struct kernel_call *k, struct err *e);
int k_startswith(struct kernel_call *k, struct err *e);
int k_endswith(struct kernel_call *k, struct err *e);
int k_locate(struct kernel_call *k, struct err *e);
int k_instr(struct kernel_call *k, struct err *e);
int k_find_in_set(struct kernel_call *k, struct err *e);
int k_levenshtein(struct kernel_call *k, struct err *e);
int k_soundex(struct kernel_call *k, struct err *e);
int k_luhn_check(struct kernel_call *k, struct err *e);

/* fn_string_code.c: to_binary */
int bind_to_binary(struct func_bind *b, struct err *e);

/* fn_string_make.c: new strings out of old ones */
int k_concat(struct kernel_call *k, struct err *e);
int k_concat_ws(struct kernel_call *k, struct err *e);
int k_repeat(struct kernel_call *k, struct err *e);
int k_replace(struct kernel_call *k, struct err *e);
int k_translate(struct kernel_call *k, struct err *e);
int k_lpad(struct kernel_call *k, struct err *e);
int k_rpad(struct kernel_call *k, struct err *e);
int k_space(struct kernel_call *k, struct err *e);
int k_overlay(struct kernel_call *k, struct err *e);
int k_elt(struct kernel_call *k, struct err *e);
int k_mask(struct kernel_call *k, struct err *e);
int bind_concat(struct func_bind *b, struct err *e);
int bind_concat_ws(struct func_bind *b, struct err *e);
int bind_reverse(struct func_bind *b, struct err *e);
int bind_pad(struct func_bind *b, struct err *e);
int bind_elt(struct func_bind *b, struct err *e);
int bind_mask(struct func_bind *b, struct err *e);

/* fn_string_code.c: other spellings of bytes */
int k_base64(struct kernel_call *k, struct err *e);
int k_unbase64(struct kernel_call *k, struct err *e);
int k_try_unbase64(struct kernel_call *k, struct err *e);
int k_unhex(struct kernel_call *k, struct err *e);
int k_encode(struct kernel_call *k, struct err *e);
int k_decode(struct kernel_call *k, struct err *e);
int bind_hex(struct func_bind *b, struct err *e);
int bind_encode(struct func_bind *b, struct err *e);
int bind_decode(struct func_bind *b, struct err *e);

/* fn_string_format.c: printf and format_number */
int k_format_string(struct kernel_call *k, struct err *e);
int k_format_number(struct kernel_call *k, struct err *e);
int bind_format_string(struct func_bind *b, struct err *e);
int bind_format_number(struct func_bind *b, struct err *e);

/* fn_string_number.c: number formats */
int bind_to_char(struct func_bind *b, struct err *e);
int bind_to_number(struct func_bind *b, struct err *e);
int bind_try_to_number(struct func_bind *b, struct err *e);

/* fn_string_split.c */
int bind_split(struct func_bind *b, struct err *e);

/* fn_like.c */
int bind_like(struct func_bind *b, struct err *e);
int bind_ilike(struct func_bind *b, struct err *e);

#endif
