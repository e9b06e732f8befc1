/*
 * fn_json -- the table of functions that look into JSON text.
 */
#include "expr/fn_json.h"

#include "base/text.h"

static int
k_array_length(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		struct json j;
		int r = -1;

		o[i] = 0;
		json_begin(&j, s.p, s.n);
		if (json_peek(&j) == JSON_ARRAY && json_enter(&j))
			while ((r = json_step(&j, JSON_ARRAY)) > 0 &&
			    json_scan_skip(&j, NULL, NULL))
				o[i]++;
		if (r != 0 || !json_done(&j))
			kernel_null(k, i);
	}
	return 0;
}

static int
k_object_keys(struct kernel_call *k, struct err *e)
{
	struct lview *o = k->out->data;
	struct sview *v = NULL;
	int64_t n = 0, cap = 0;
	struct text key = { 0 };

	(void)e;
	for (int i = 0; i < k->n; i++) {
		struct bytes s;
		struct json j;
		int r = -1;

		o[i] = (struct lview){ (uint32_t)n, 0 };
		if (!kernel_wants(k, i))
			continue;
		s = row_bytes(k, 0, i);
		json_begin(&j, s.p, s.n);
		if (json_peek(&j) == JSON_OBJECT && json_enter(&j))
			while ((r = json_step(&j, JSON_OBJECT)) > 0 &&
			    json_scan_key(&j, &key) && json_scan_skip(&j, NULL, NULL)) {
				ARENA_GROW(k->heap, v, n, cap);
				v[n++] = sview_of(arena_memdup(k->heap,
				    text_str(&key), key.n), key.n);
			}
		if (r != 0 || !json_done(&j)) {
			n = o[i].off;
			kernel_null(k, i);
		}
		o[i].len = (uint32_t)n - o[i].off;
	}
	text_release(&key);
	row_list(k, 0);
	if (v)
		k->out->kid->data = v;
	k->out->nkid = (int32_t)n;
	return 0;
}

SIG(sig_s_i, "s", 'i')
SIG(sig_s_a, "s", 'a')

#define C FN_CONSTS
#define ROW(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "json", usage, help, example }

const struct func func_json[] = {
	ROW("get_json_object", 2, 2, C | FN_NULLS, bind_get_json_object, NULL,
	    "get_json_object(json, path)",
	    "What a path like $.a[0].b finds in JSON text, null if nothing.",
	    "get_json_object('{\"a\":[1,{\"b\":\"x\"}]}', '$.a[1].b') = 'x'"),
	ROW("from_json", 2, 2, C | FN_CUSTOM | FN_NULLS, bind_from_json, NULL,
	    "from_json(json, schema)",
	    "JSON text as a struct, array or map; what does not fit is null.",
	    "to_json(from_json('{\"a\":1, \"b\":0.8}', 'a int, b double')) = "
	    "'{\"a\":1,\"b\":0.8}'"),
	ROW("to_json", 1, 1, C, bind_to_json, NULL, "to_json(x)",
	    "A struct, an array or a map as JSON text; null fields are left "
	    "out.", "to_json(from_json('[1, 2]', 'array<int>')) = '[1,2]'"),
	ROW("json_array_length", 1, 1, C | FN_NULLS, sig_s_i, k_array_length,
	    "json_array_length(json)",
	    "Number of elements of the outer array, null if it is none.",
	    "json_array_length('[1,[2,3],{}]') = 3"),
	ROW("json_object_keys", 1, 1, C | FN_NULLS, sig_s_a, k_object_keys,
	    "json_object_keys(json)",
	    "Keys of the outer object as an array, null if it is none.",
	    "concat_ws('-', json_object_keys('{\"a\":1,\"b\":2}')) = 'a-b'"),
	ROW("schema_of_json", 1, 1, C, bind_schema_of_json, NULL,
	    "schema_of_json(json)",
	    "The type of a constant JSON text, for from_json.",
	    "schema_of_json('[{\"col\":0}]') = 'ARRAY<STRUCT<col: BIGINT>>'"),
	{ 0 },
};
