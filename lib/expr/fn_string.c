/*
 * fn_string -- the table of string functions.
 *
 * Order: lengths and letters, parts, searching, making, spellings, formats.
 * Values of other types become strings by Spark's implicit cast; functions
 * that take bytes (x in their signature) keep binary as binary.
 */
#include "expr/fn_string.h"

SIG(sig_s_s, "s", 's')
SIG(sig_s_i, "s", 'i')
SIG(sig_s_B, "s", 'B')
SIG(sig_x_i, "x", 'i')
SIG(sig_x_B, "x", 'B')
SIG(sig_l_s, "l", 's')
SIG(sig_i_s, "i", 's')
SIG(sig_xi_0, "xi", '0')
SIG(sig_xxi_0, "xxi", '0')
SIG(sig_si_s, "si", 's')
SIG(sig_ssi_s, "ssi", 's')
SIG(sig_ssi_i, "ssi", 'i')
SIG(sig_b_s, "b", 's')
SIG(sig_s_b, "s", 'b')

#define C FN_CONSTS
#define ROW(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "string", usage, help, example }

const struct func func_string[] = {
	ROW("length", 1, 1, C, bind_length, NULL, "length(str)",
	    "Number of characters of a string, of bytes of a binary value.",
	    "length('Straße') = 6"),
	ROW("char_length", 1, 1, C, bind_length, NULL, "char_length(str)",
	    "The same as length.", "char_length('Spark') = 5"),
	ROW("character_length", 1, 1, C, bind_length, NULL,
	    "character_length(str)", "The same as length.",
	    "character_length('Spark') = 5"),
	ROW("len", 1, 1, C, bind_length, NULL, "len(str)",
	    "The same as length.", "len('Spark') = 5"),
	ROW("octet_length", 1, 1, C, sig_x_i, k_octet_length,
	    "octet_length(str)", "Number of bytes.",
	    "octet_length('Straße') = 7"),
	ROW("bit_length", 1, 1, C, sig_x_i, k_bit_length, "bit_length(str)",
	    "Number of bits.", "bit_length('Spark') = 40"),
	ROW("upper", 1, 1, C, sig_s_s, k_upper, "upper(str)",
	    "The string in upper case.", "upper('Straße') = 'STRASSE'"),
	ROW("ucase", 1, 1, C, sig_s_s, k_upper, "ucase(str)",
	    "The same as upper.", "ucase('spark') = 'SPARK'"),
	ROW("lower", 1, 1, C, sig_s_s, k_lower, "lower(str)",
	    "The string in lower case.", "lower('ÄBC') = 'äbc'"),
	ROW("lcase", 1, 1, C, sig_s_s, k_lower, "lcase(str)",
	    "The same as lower.", "lcase('SPARK') = 'spark'"),
	ROW("initcap", 1, 1, C, sig_s_s, k_initcap, "initcap(str)",
	    "Each word with a capital first and small letters after it.",
	    "initcap('sPark sql') = 'Spark Sql'"),
	ROW("ascii", 1, 1, C, sig_s_i, k_ascii, "ascii(str)",
	    "Code point of the first character, 0 for an empty string.",
	    "ascii('A') = 65"),
	ROW("chr", 1, 1, C, sig_l_s, k_chr, "chr(n)",
	    "The character with code n modulo 256, nothing if n < 0.",
	    "chr(65) = 'A'"),
	ROW("char", 1, 1, C, sig_l_s, k_chr, "char(n)",
	    "The same as chr.", "char(65) = 'A'"),
	ROW("is_valid_utf8", 1, 1, C, sig_s_B, k_is_valid_utf8,
	    "is_valid_utf8(str)", "Is the string valid UTF-8?",
	    "is_valid_utf8('Spark')"),
	ROW("make_valid_utf8", 1, 1, C, sig_s_s, k_make_valid_utf8,
	    "make_valid_utf8(str)", "Puts U+FFFD for bytes that are no UTF-8.",
	    "make_valid_utf8('Spark') = 'Spark'"),
	ROW("validate_utf8", 1, 1, C | FN_FAILS, sig_s_s, k_validate_utf8,
	    "validate_utf8(str)", "The string itself; fails if it is not "
	    "valid UTF-8.", "validate_utf8('Spark') = 'Spark'"),
	ROW("try_validate_utf8", 1, 1, C | FN_NULLS, sig_s_s,
	    k_try_validate_utf8, "try_validate_utf8(str)",
	    "The string itself, null if it is not valid UTF-8.",
	    "try_validate_utf8('Spark') = 'Spark'"),

	ROW("substring", 2, 3, C, sig_xi_0, k_substring,
	    "substring(str, pos[, len])",
	    "The part from position pos, counted from 1 or, if negative, from "
	    "the end.", "substring('spark', 2, 3) = 'par'"),
	ROW("substr", 2, 3, C, sig_xi_0, k_substring,
	    "substr(str, pos[, len])", "The same as substring.",
	    "substr('Spark SQL', -3) = 'SQL'"),
	ROW("left", 2, 2, C, sig_xi_0, k_left, "left(str, len)",
	    "The first len characters.", "left('Spark', 3) = 'Spa'"),
	ROW("right", 2, 2, C, sig_xi_0, k_right, "right(str, len)",
	    "The last len characters.", "right('Spark', 3) = 'ark'"),
	ROW("trim", 1, 2, C, sig_s_s, k_trim, "trim(str[, chars])",
	    "Without spaces, or any of chars, at both ends.",
	    "trim('  Spark ') = 'Spark'"),
	ROW("btrim", 1, 2, C, sig_s_s, k_trim, "btrim(str[, chars])",
	    "The same as trim.", "btrim('xxSparkxy', 'xy') = 'Spark'"),
	ROW("ltrim", 1, 2, C, sig_s_s, k_ltrim, "ltrim(str[, chars])",
	    "Without spaces, or any of chars, at the left.",
	    "ltrim('  Spark ') = 'Spark '"),
	ROW("rtrim", 1, 2, C, sig_s_s, k_rtrim, "rtrim(str[, chars])",
	    "Without spaces, or any of chars, at the right.",
	    "rtrim('Spark  ') = 'Spark'"),
	ROW("split_part", 3, 3, C | FN_FAILS, sig_ssi_s, k_split_part,
	    "split_part(str, delim, n)",
	    "Part number n between delimiters, counted from 1 or, if negative, "
	    "from the end; empty if there is none.",
	    "split_part('11.12.13', '.', 3) = '13'"),
	ROW("substring_index", 3, 3, C, sig_ssi_s, k_substring_index,
	    "substring_index(str, delim, n)",
	    "All before delimiter number n; after it, from the end, if n is "
	    "negative.", "substring_index('www.apache.org', '.', 2) = "
	    "'www.apache'"),

	ROW("contains", 2, 2, C, sig_x_B, k_contains, "contains(str, part)",
	    "Is part in the string?", "contains('Spark SQL', 'k S')"),
	ROW("startswith", 2, 2, C, sig_x_B, k_startswith,
	    "startswith(str, part)", "Does the string begin with part?",
	    "startswith('Spark SQL', 'Spark')"),
	ROW("endswith", 2, 2, C, sig_x_B, k_endswith, "endswith(str, part)",
	    "Does the string end with part?",
	    "endswith('Spark SQL', 'SQL')"),
	ROW("locate", 2, 3, C, sig_ssi_i, k_locate, "locate(part, str[, pos])",
	    "Position of the first part in the string, from pos on; 0 if there "
	    "is none.", "locate('bar', 'foobarbar', 5) = 7"),
	ROW("position", 2, 3, C, sig_ssi_i, k_locate,
	    "position(part, str[, pos])", "The same as locate; also "
	    "position(part in str).", "position('bar', 'foobarbar') = 4"),
	ROW("charindex", 2, 3, C, sig_ssi_i, k_locate,
	    "charindex(part, str[, pos])", "The same as locate.",
	    "charindex('bar', 'foobarbar') = 4"),
	ROW("instr", 2, 2, C, sig_s_i, k_instr, "instr(str, part)",
	    "Position of the first part in the string; 0 if there is none.",
	    "instr('SparkSQL', 'SQL') = 6"),
	ROW("find_in_set", 2, 2, C, sig_s_i, k_find_in_set,
	    "find_in_set(str, list)", "Which item of a list with commas the "
	    "string is; 0 if none.", "find_in_set('ab', 'abc,b,ab,c,def') = 3"),
	ROW("levenshtein", 2, 3, C, sig_ssi_i, k_levenshtein,
	    "levenshtein(a, b[, max])", "Least number of changed, added and "
	    "removed characters between two strings; -1 if above max.",
	    "levenshtein('kitten', 'sitting') = 3"),
	ROW("soundex", 1, 1, C, sig_s_s, k_soundex, "soundex(str)",
	    "Soundex code of an English word.", "soundex('Miller') = 'M460'"),
	ROW("luhn_check", 1, 1, C, sig_s_B, k_luhn_check, "luhn_check(str)",
	    "Are the digits right by Luhn's check sum?",
	    "luhn_check('79927398713')"),
	ROW("like", 2, 3, C, bind_like, NULL, "like(str, pattern[, escape])",
	    "Does the string match a pattern in which % is any run and _ any "
	    "character?  Also str like pattern.", "'Spark' like '_park%'"),
	ROW("ilike", 2, 3, C, bind_ilike, NULL,
	    "ilike(str, pattern[, escape])",
	    "As like, ignoring case.", "'Spark' ilike '_PARK%'"),
	ROW("split", 2, 3, C, bind_split, NULL, "split(str, regex[, limit])",
	    "The parts between matches of a regular expression, at most limit "
	    "of them, as an array.", "concat_ws('|', split('a1b2c', "
	    "'[0-9]')) = 'a|b|c'"),

	ROW("concat", 0, -1, C, bind_concat, k_concat, "concat(a, b, ...)",
	    "Strings, binary values or arrays one after the other.",
	    "concat('Spark', 'SQL') = 'SparkSQL'"),
	ROW("concat_ws", 1, -1, C | FN_CUSTOM | FN_NULLS, bind_concat_ws,
	    k_concat_ws, "concat_ws(sep, a, b, ...)",
	    "Strings and arrays of strings with a separator between them; "
	    "nulls are left out.", "concat_ws('-', 'a', null, 'b') = 'a-b'"),
	ROW("repeat", 2, 2, C | FN_FAILS, sig_si_s, k_repeat,
	    "repeat(str, n)", "The string n times.",
	    "repeat('ab', 2) = 'abab'"),
	ROW("space", 1, 1, C | FN_FAILS, sig_i_s, k_space, "space(n)",
	    "n spaces.", "concat(space(2), '1') = '  1'"),
	ROW("reverse", 1, 1, 0, bind_reverse, NULL, "reverse(x)",
	    "A string or an array backwards.",
	    "reverse('Spark') = 'krapS'"),
	ROW("to_binary", 1, 2, C | FN_FAILS, bind_to_binary, NULL,
	    "to_binary(str[, format])",
	    "The bytes that a text in hex, utf-8 or base64 stands for.",
	    "to_binary('61', 'hex') = encode('a', 'utf-8')"),
	ROW("try_to_binary", 1, 2, C | FN_NULLS, bind_to_binary, NULL,
	    "try_to_binary(str[, format])",
	    "As to_binary, null if it is malformed.",
	    "try_to_binary('xyz', 'hex') is null"),
	ROW("replace", 2, 3, C, sig_s_s, k_replace,
	    "replace(str, part[, by])",
	    "The string with every part replaced, or removed.",
	    "replace('ABCabc', 'abc', 'DEF') = 'ABCDEF'"),
	ROW("translate", 3, 3, C, sig_s_s, k_translate,
	    "translate(str, from, to)",
	    "Each character of from becomes the one in the same place of to; "
	    "those without a partner are removed.",
	    "translate('AaBbCc', 'abc', '123') = 'A1B2C3'"),
	ROW("lpad", 2, 3, C | FN_FAILS, bind_pad, k_lpad,
	    "lpad(str, len[, pad])",
	    "The string cut or filled at the left to len characters.",
	    "lpad('hi', 5, '*') = '***hi'"),
	ROW("rpad", 2, 3, C | FN_FAILS, bind_pad, k_rpad,
	    "rpad(str, len[, pad])",
	    "The string cut or filled at the right to len characters.",
	    "rpad('hi', 5, '*') = 'hi***'"),
	ROW("overlay", 3, 4, C, sig_xxi_0, k_overlay,
	    "overlay(str, by, pos[, len])",
	    "The string with len characters from pos replaced; also "
	    "overlay(str placing by from pos for len).",
	    "overlay('Spark SQL', 'CORE', 7) = 'Spark CORE'"),
	ROW("elt", 2, -1, C | FN_CUSTOM | FN_NULLS | FN_FAILS, bind_elt,
	    k_elt, "elt(n, a, b, ...)", "Value number n, counted from 1.",
	    "elt(1, 'scala', 'java') = 'scala'"),
	ROW("mask", 1, 5, C | FN_CUSTOM, bind_mask, k_mask,
	    "mask(str[, upper[, lower[, digit[, other]]]])",
	    "Hides letters as X and x and digits as n, or the given "
	    "characters; null keeps them.",
	    "mask('abCD-123') = 'xxXX-nnn'"),

	ROW("base64", 1, 1, C, sig_b_s, k_base64, "base64(bin)",
	    "Bytes as base 64.", "base64('Spark SQL') = 'U3BhcmsgU1FM'"),
	ROW("unbase64", 1, 1, C | FN_FAILS, sig_s_b, k_unbase64,
	    "unbase64(str)", "Bytes from base 64.",
	    "cast(unbase64('U3BhcmsgU1FM') as string) = 'Spark SQL'"),
	ROW("try_unbase64", 1, 1, C | FN_NULLS, sig_s_b, k_try_unbase64,
	    "try_unbase64(str)", "Bytes from base 64, null if it is none.",
	    "try_unbase64('?=') is null"),
	ROW("hex", 1, 1, C, bind_hex, NULL, "hex(x)",
	    "A number, or the bytes of a string, in base 16.",
	    "hex('Spark') = '537061726B'"),
	ROW("unhex", 1, 1, C | FN_NULLS, sig_s_b, k_unhex, "unhex(str)",
	    "Bytes from base 16, null if it is none.",
	    "cast(unhex('537061726B') as string) = 'Spark'"),
	ROW("encode", 2, 2, C | FN_FAILS, bind_encode, k_encode,
	    "encode(str, charset)", "The bytes of a string in a charset: UTF-8, "
	    "US-ASCII, ISO-8859-1, UTF-16, UTF-16BE, UTF-16LE or UTF-32.",
	    "hex(encode('ä', 'ISO-8859-1')) = 'E4'"),
	ROW("decode", 2, -1, C | FN_FAILS, bind_decode, k_decode,
	    "decode(bin, charset) or decode(x, a, result, ...[, other])",
	    "The string from its bytes in a charset; or the result that "
	    "follows the value equal to x.",
	    "decode(encode('abc', 'utf-8'), 'utf-8') = 'abc'"),
	ROW("format_string", 1, -1, C | FN_CUSTOM | FN_FAILS | FN_NULLS,
	    bind_format_string, k_format_string,
	    "format_string(format, a, b, ...)",
	    "Values put into a format as Java's printf does.",
	    "format_string('Hello %d %s', 100, 'days') = 'Hello 100 days'"),
	ROW("printf", 1, -1, C | FN_CUSTOM | FN_FAILS | FN_NULLS,
	    bind_format_string, k_format_string,
	    "printf(format, a, b, ...)", "The same as format_string.",
	    "printf('%05.1f|%x', 3.14159, 255) = '003.1|ff'"),
	ROW("format_number", 2, 2, C | FN_NULLS, bind_format_number,
	    k_format_number, "format_number(x, d)",
	    "The number with commas and d decimal places.",
	    "format_number(12332.123456, 4) = '12,332.1235'"),
	ROW("to_char", 2, 2, C | FN_FAILS, bind_to_char, NULL,
	    "to_char(x, format)", "A number in a format of 0, 9, G or comma, "
	    "D or point, $, S, MI, PR; dates as by date_format.",
	    "to_char(-12454.8, '99G999D9S') = '12,454.8-'"),
	ROW("to_varchar", 2, 2, C | FN_FAILS, bind_to_char, NULL,
	    "to_varchar(x, format)", "The same as to_char.",
	    "to_varchar(78.12, '$99.99') = '$78.12'"),
	ROW("to_number", 2, 2, C | FN_FAILS, bind_to_number, NULL,
	    "to_number(str, format)", "The decimal that a string in the given "
	    "format means.", "to_number('$78.12', '$99.99') = 78.12"),
	ROW("try_to_number", 2, 2, C | FN_NULLS, bind_try_to_number, NULL,
	    "try_to_number(str, format)", "As to_number, null if the string "
	    "does not have the format.", "try_to_number('x', '99') is null"),
	{ 0 },
};
