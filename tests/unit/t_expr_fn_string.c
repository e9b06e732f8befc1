/*
 * t_expr_fn_string -- string functions over a batch: nulls, short and long
 * strings, characters beyond ASCII, limits and errors.
 */
#include "exprrun.h"

static const struct {
	const char *x, *want;           /* want "!text": fails with it */
} cases[] = {
	/* lengths and letters; t: abc, null, a long string beyond 12 */
	{ "(length t)", "3,NULL,23" },
	{ "(length 'Straße')", "6,6,6" },
	{ "(octet_length 'Straße')", "7,7,7" },
	{ "(length bin)", "3,NULL,0" },
	{ "(upper t)", "ABC,NULL,A LONG STRING BEYOND 12" },
	{ "(upper 'straße äöü')", "STRASSE ÄÖÜ,STRASSE ÄÖÜ,STRASSE ÄÖÜ" },
	{ "(lower 'ÉCOLE ΣΑΣ')", "école σασ,école σασ,école σασ" },
	{ "(upper a)", "1,NULL,3" },
	{ "(initcap t)", "Abc,NULL,A Long String Beyond 12" },
	{ "(ascii t)", "97,NULL,97" },
	{ "(ascii '')", "0,0,0" },
	{ "(chr a)", "\001,NULL,\003" },
	{ "(chr -1)", ",," },
	{ "(chr 321)", "A,A,A" },
	/* parts */
	{ "(substring t 2 2)", "bc,NULL, l" },
	{ "(substring t -2)", "bc,NULL,12" },
	{ "(substring t 0 2)", "ab,NULL,a " },
	{ "(substring t -5 3)", "a,NULL,nd " },
	{ "(substring t 2 -1)", ",NULL," },
	{ "(substring t 3)", "c,NULL,long string beyond 12" },
	{ "(substring 'äöü' 2 1)", "ö,ö,ö" },
	{ "(substring t a a)", "a,NULL,lon" },
	{ "(left t 2)", "ab,NULL,a " },
	{ "(right t 20)", "abc,NULL,ong string beyond 12" },
	{ "(right t 0)", ",NULL," },
	{ "(trim '  x y  ')", "x y,x y,x y" },
	{ "(trim t 'a2')", "bc,NULL, long string beyond 1" },
	{ "(ltrim 'ääxä' 'ä')", "xä,xä,xä" },
	{ "(rtrim 'ääxä' 'ä')", "ääx,ääx,ääx" },
	{ "(split_part t ' ' 2)", ",NULL,long" },
	{ "(split_part 'a.b.c' '.' -1)", "c,c,c" },
	{ "(split_part 'a.b.c' '.' -4)", ",," },
	{ "(split_part 'a' '.' 0)", "!got 0" },
	{ "(substring_index 'a.b.c' '.' 2)", "a.b,a.b,a.b" },
	{ "(substring_index 'a.b.c' '.' -1)", "c,c,c" },
	{ "(substring_index 'a.b.c' '.' -9)", "a.b.c,a.b.c,a.b.c" },
	/* searching */
	{ "(contains t 'bc')", "true,NULL,false" },
	{ "(contains t '')", "true,NULL,true" },
	{ "(contains t 'string beyond')", "false,NULL,true" },
	{ "(startswith t 'a ')", "false,NULL,true" },
	{ "(endswith t '12')", "false,NULL,true" },
	{ "(locate 'o' t)", "0,NULL,4" },
	{ "(locate 'o' t 5)", "0,NULL,18" },
	{ "(locate '' t)", "1,NULL,1" },
	{ "(locate 'b' t 0)", "0,NULL,0" },
	{ "(locate 'ü' 'äöü')", "3,3,3" },
	{ "(find_in_set n 'a,12,x,')", "2,NULL,3" },
	{ "(find_in_set '' 'a,,b')", "2,2,2" },
	{ "(levenshtein t 'abd')", "1,NULL,20" },
	{ "(levenshtein t 'abd' 5)", "1,NULL,-1" },
	{ "(levenshtein 'äb' 'ab')", "1,1,1" },
	{ "(soundex 'Ashcraft')", "A261,A261,A261" },
	{ "(soundex 'Tymczak')", "T522,T522,T522" },
	{ "(luhn_check n)", "false,NULL,false" },
	/* making */
	{ "(concat t '-' n)", "abc-12,NULL,a long string beyond 12-x" },
	{ "(concat t a)", "abc1,NULL,a long string beyond 123" },
	{ "(concat_ws ',' t null n)", "abc,12,,a long string beyond 12,x" },
	{ "(concat_ws null t)", "NULL,NULL,NULL" },
	{ "(repeat n a)", "12,NULL,xxx" },
	{ "(repeat 'abc' 0)", ",," },
	{ "(repeat 'abc' 2000000000)", "!at most" },
	{ "(reverse t)", "cba,NULL,21 dnoyeb gnirts gnol a" },
	{ "(reverse 'aäb')", "bäa,bäa,bäa" },
	{ "(replace t 'n' '<N>')",
	    "abc,NULL,a lo<N>g stri<N>g beyo<N>d 12" },
	{ "(replace t 'string')", "abc,NULL,a long  beyond 12" },
	{ "(replace t '' 'x')", "abc,NULL,a long string beyond 12" },
	{ "(translate t 'abn' 'äß')", "äßc,NULL,ä log strig ßeyod 12" },
	{ "(lpad t 5 'xy')", "xyabc,NULL,a lon" },
	{ "(rpad n 5 'äb')", "12äbä,NULL,xäbäb" },
	{ "(lpad t 5 '')", "abc,NULL,a lon" },
	{ "(lpad t -1)", ",NULL," },
	{ "(overlay 'Spark SQL' '_' 6)", "Spark_SQL,Spark_SQL,Spark_SQL" },
	{ "(overlay 'Spark SQL' 'ANSI ' 7 0)",
	    "Spark ANSI SQL,Spark ANSI SQL,Spark ANSI SQL" },
	{ "(elt a 'x' 'y' 'z')", "x,NULL,z" },
	{ "(elt a 'x' 'y')", "!no" },
	{ "(mask t)", "xxx,NULL,x xxxx xxxxxx xxxxxx nn" },
	{ "(mask t 'U' 'l' null '-')", "lll,NULL,l-llll-llllll-llllll-12" },
	{ "(space a)", " ,NULL,   " },
	/* other spellings */
	{ "(base64 t)", "YWJj,NULL,YSBsb25nIHN0cmluZyBiZXlvbmQgMTI=" },
	{ "(unbase64 (base64 t))", "abc,NULL,a long string beyond 12" },
	{ "(unbase64 'YQ')", "a,a,a" },
	{ "(unbase64 'Y')", "!not valid base 64" },
	{ "(try_unbase64 'Y')", "NULL,NULL,NULL" },
	{ "(hex t)", "616263,NULL,"
	    "61206C6F6E6720737472696E67206265796F6E64203132" },
	{ "(hex a)", "1,NULL,3" },
	{ "(hex -1L)", "FFFFFFFFFFFFFFFF,FFFFFFFFFFFFFFFF,FFFFFFFFFFFFFFFF" },
	{ "(unhex n)", "\022,NULL,NULL" },
	{ "(hex (encode 'aä' 'UTF-16'))", "FEFF006100E4,FEFF006100E4,"
	    "FEFF006100E4" },
	{ "(decode (encode t 'utf-16le') 'UTF-16LE')",
	    "abc,NULL,a long string beyond 12" },
	{ "(encode 'ä' 'US-ASCII')", "!not in charset" },
	{ "(encode t 'nope')", "!unknown charset 'nope'" },
	/* formats */
	{ "(printf '%s|%5d|%-5s|%05.1f' t a n d)", "abc|    1|12   |002.5,"
	    "null| null|null |    n,"
	    "a long string beyond 12|    3|x    |-00.0" },
	{ "(printf '%x %o %,d %+d %(d' 255 8 1234567 5 -5)",
	    "ff 10 1,234,567 +5 (5),ff 10 1,234,567 +5 (5),"
	    "ff 10 1,234,567 +5 (5)" },
	{ "(printf '%2$s %1$s %%' 1 'b')", "b 1 %,b 1 %,b 1 %" },
	{ "(printf '%.2f' 1.005D)", "1.01,1.01,1.01" },
	{ "(printf '%e' 12345.678D)", "1.234568e+04,1.234568e+04,"
	    "1.234568e+04" },
	{ "(printf '%d' d)", "!cannot show a value of type double" },
	{ "(printf '%d')", "!wants value 1" },
	{ "(printf '%q' 1)", "!invalid format" },
	{ "(format_number p 1)", "1.2,NULL,100,000,000.0" },
	{ "(format_number 1234567.891D 2)", "1,234,567.89,1,234,567.89,"
	    "1,234,567.89" },
	{ "(format_number b 0)", "10,NULL,9,223,372,036,854,775,807" },
	{ "(format_number 0.05D 2)", "0.05,0.05,0.05" },
	{ "(format_number d -1)", "NULL,NULL,NULL" },
	{ "(to_char p '999.9')", "###.#,NULL,###.#" },
	{ "(to_char p '000.00')", "001.25,NULL,###.##" },
	{ "(to_char s '9G999G999MI')", "        5-,NULL,   32,767 " },
	{ "(to_char (- p) '$99999999.99PR')", "       <$1.25>,NULL,"
	    "<$99999999.99>" },
	{ "(to_char 0 'S9')", "+0,+0,+0" },
	{ "(to_number '-$1,234.5' 'S$9,999.99')", "-1234.50,-1234.50,-1234.50" },
	{ "(to_number '12345' '999')", "!does not have the format" },
	{ "(to_number '<5>' '9PR')", "-5,-5,-5" },
	{ "(to_number '5' 'x')", "!invalid number format" },
	{ "(decode a 1 'one' 2 'two')", "one,NULL,NULL" },
	{ "(decode a 3 'three' null 'none' 'other')", "other,none,three" },
	/* like */
	{ "(like t 'a%')", "true,NULL,true" },
	{ "(like t '%c')", "true,NULL,false" },
	{ "(like t '%string%')", "false,NULL,true" },
	{ "(like t 'a_c')", "true,NULL,false" },
	{ "(like t 'a%g%d 12')", "false,NULL,true" },
	{ "(like t '%b_y%_3')", "false,NULL,false" },
	{ "(like t '%b_yo%_2')", "false,NULL,true" },
	{ "(like t t)", "true,NULL,true" },
	{ "(like t '%')", "true,NULL,true" },
	{ "(like t '')", "false,NULL,false" },
	{ "(like '' '%')", "true,true,true" },
	{ "(like '' '_')", "false,false,false" },
	{ "(like 'ä' '_')", "true,true,true" },
	{ "(like 'aäb' 'a_b')", "true,true,true" },
	{ "(like 'aXäb' '%_b')", "true,true,true" },
	{ "(like 'a%b' 'a\\%b')", "true,true,true" },
	{ "(like 'axb' 'a\\%b')", "false,false,false" },
	{ "(like 'a%b' 'a/%b' '/')", "true,true,true" },
	{ "(like 'ab' 'a\\b')", "!invalid pattern" },
	{ "(like 'aab' 'a%ab')", "true,true,true" },
	{ "(like 'ab' 'a%ab')", "false,false,false" },
	{ "(ilike t 'A%C')", "true,NULL,false" },
	{ "(ilike t (upper t))", "true,NULL,true" },
	{ "(ilike 'ÄB' 'ä_')", "true,true,true" },
	/* split */
	{ "(split t ' ')", "[abc],NULL,[a, long, string, beyond, 12]" },
	{ "(split t '[ b]+')",
	    "[a, c],NULL,[a, long, string, eyond, 12]" },
	{ "(split 'a,b,,' ',')", "[a, b, , ],[a, b, , ],[a, b, , ]" },
	{ "(split 'a,b,c' ',' 2)", "[a, b,c],[a, b,c],[a, b,c]" },
	{ "(split 'a||b' '\\|\\|')", "[a, b],[a, b],[a, b]" },
	{ "(split 'äbc' '')", "[ä, b, c],[ä, b, c],[ä, b, c]" },
	{ "(split 'abc' '' 2)", "[a, bc],[a, bc],[a, bc]" },
	{ "(split '' ',')", "[],[],[]" },
	{ "(split 'a1b2' '(?=[0-9])')", "[a, 1b, 2],[a, 1b, 2],[a, 1b, 2]" },
	{ "(split t n)", "[abc],NULL,[a long string beyond 12]" },
	{ "(split t '(')", "!invalid regular expression '(': missing" },
	/* regular expressions */
	{ "(rlike t 'b.?o?')", "true,NULL,true" },
	{ "(rlike t 'string')", "false,NULL,true" },
	{ "(rlike t '^[a-c]+$')", "true,NULL,false" },
	{ "(rlike 'a1' '\\p{Alpha}[\\p{Digit}x]')", "true,true,true" },
	{ "(rlike t n)", "false,NULL,false" },
	{ "(rlike 'x' '[a&&b]')", "!intersections" },
	{ "(regexp_extract t '(\\w+) (\\w+)$' 2)", ",NULL,12" },
	{ "(regexp_extract t '(l).*(g )')", ",NULL,l" },
	{ "(regexp_extract t 'l' 1)", "!no group 1" },
	{ "(regexp_extract_all t '(.)n' 1)", "[],NULL,[o, i, o]" },
	{ "(regexp_replace t '(o)n' '<$1>')",
	    "abc,NULL,a l<o>g string bey<o>d 12" },
	{ "(regexp_replace 'baac' 'a*' '-')", "-b--c-,-b--c-,-b--c-" },
	{ "(regexp_replace 'aaaa' 'a' 'b' 3)", "aabb,aabb,aabb" },
	{ "(regexp_replace 'a' '(a)' '$2')", "!group" },
	{ "(regexp_replace 'a' 'a' '\\$1')", "$1,$1,$1" },
	{ "(regexp_replace 'ab' '(?<x>a)' '${x}${x}')", "aab,aab,aab" },
	{ "(regexp_count t 'n')", "0,NULL,3" },
	{ "(regexp_count 'aaa' '')", "4,4,4" },
	{ "(regexp_substr t '[n-z]+')", "NULL,NULL,on" },
	{ "(regexp_instr t 'g')", "0,NULL,6" },
	{ "(rlike (repeat 'a' 40) '^(a|aa|aaa)*[bc]$')", "!could not be matched" },
};

/* A result may be a part of its argument's bytes: nothing is copied. */
static void
test_no_copy(void)
{
	const char *x = "(substring t 3 20)", *s = x;
	struct program_env env = { .zone = zone_utc };
	struct err e = { 0 };
	struct program *p;
	struct column c;
	struct expr *t = test_read(&s, &e);
	const struct sview *v = test_col[10].data, *o;

	program_new(&p, &test_arena, test_schema, &t, 1, &env, &e);
	program_run(p, &test_batch, &c, &e);
	o = c.data;
	ok(o[2].len == 20 && sview_ptr(&o[2]) == sview_ptr(&v[2]) + 2,
	    "substring points into its argument");
	program_release(p);
}

int
main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got = test_eval(cases[i].x, &test_batch);
		const char *want = cases[i].want;

		if (*want == '!')
			ok(*got == '!' && strstr(got, want + 1), "%s: %s",
			    cases[i].x, got);
		else
			is_str(got, want, cases[i].x);
	}
	test_no_copy();
	return done_testing();
}
