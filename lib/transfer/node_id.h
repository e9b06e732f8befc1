/*
 * node_id -- which node this process is on: two processes with the same text
 * see the same files under the same names.
 *
 * It is the kernel's boot number and the mount namespace: containers of one
 * machine are different nodes.
 */
#ifndef TRANSFER_NODE_ID_H
#define TRANSFER_NODE_ID_H

enum { NODE_ID_MAX = 96, BOOT_ID_MAX = 64 };

/* Writes the text; an empty one, which is no other node's, when the kernel
 * does not tell. */
void node_id(char to[NODE_ID_MAX]);

/* The kernel's boot number alone: another one after each start of it. */
void boot_id(char to[BOOT_ID_MAX]);

#endif
