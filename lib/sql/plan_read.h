/*
 * plan_read -- plan text (sp-plan(5)) back into stages.
 *
 * The text may have been edited: every name, type and reference is checked
 * again, then node_verify runs over every stage.  Inputs are asked for from
 * the catalog again, so the numbers of tasks follow from the files as they
 * are now.  Ids are new: only names and places count.
 */
#ifndef SQL_PLAN_READ_H
#define SQL_PLAN_READ_H

#include "plan/stage.h"
#include "sql/bind.h"

/* Reads all plans of a text, each of which begins with "stage 1"; returns
 * their number, at least 1.  Uses the binder's arena, ids, environment,
 * catalog and count of outputs; its names, parameters and macros mean
 * nothing here.  src is the number of the text among the sources.  ERR_USER
 * with span and mostly a hint when the text is wrong. */
int plan_read(struct binder *b, const struct plan_conf *conf,
    const char *text, size_t n, int src, struct stages ***out,
    struct err *e);

#endif
