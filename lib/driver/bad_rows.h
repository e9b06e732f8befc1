/*
 * bad_rows -- records that executors could not read (on error quarantine),
 * on their way into the quarantine directory.
 *
 * An attempt sends its files before it says that it is done (OUT_DATA with
 * OUT_DATA_BAD); here they wait under hidden names in the directory and get
 * their names when the attempt is the one that counts.  A file is named for
 * its split, so a stage that runs again writes the same one once more.
 */
#ifndef DRIVER_BAD_ROWS_H
#define DRIVER_BAD_ROWS_H

struct bad_file;
struct err;
struct out_data_msg;
struct remote_job;

struct bad_rows {
	struct bad_file *file;
};

/* Takes a piece.  EXIT_PROTOCOL: no input of the job has such a directory. */
int bad_rows_write(struct bad_rows *b, const struct remote_job *r,
    const struct out_data_msg *m, struct err *e);

/* The attempt has ended: its files count, or they are removed. */
enum bad_rows_end { BAD_ROWS_KEEP, BAD_ROWS_DROP };
int bad_rows_ended(struct bad_rows *b, int stage, int part, int attempt,
    enum bad_rows_end how, struct err *e);

/* Removes what nobody has claimed. */
void bad_rows_close(struct bad_rows *b);

#endif
