/*
 * A disk with a volatile write cache, for tests of power losses.
 *
 * A FUSE file system with two files.  "disk" is the medium: a loop device stands on it.  What is
 * written is in the cache until the next flush (fsync); a flush makes everything durable whose
 * write had completed before.  "control" takes commands, one a write:
 *
 *   off             the power is cut: every read, write and flush fails from now on (EIO)
 *   on KEEP SEED    the power is back: of what was in the cache each sector of 512 bytes survives
 *                   with a probability of KEEP in 1000, chosen with SEED; the rest is forgotten
 *
 * and gives counts when it is read.  So a sector is never torn, but a write of several sectors is,
 * and a later write can survive where an earlier one does not: what a disk is allowed to do.
 *
 * Usage: disk MOUNTPOINT MEGABYTES      stays in the foreground until it is unmounted
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SECTOR 512

struct cached_write {
	size_t offset, length;
	char *bytes;
};

static size_t size;
static char *current; /* what reads give */
static char *durable; /* what survives a power loss */
static struct cached_write *cache;
static size_t cached, capacity;
static int powered = 1;
static unsigned long writes, flushes, kept, dropped;
static uint64_t state;

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int is_disk(const char *path)
{
	return strcmp(path, "/disk") == 0;
}

static int is_control(const char *path)
{
	return strcmp(path, "/control") == 0;
}

static int disk_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	(void)fi;
	memset(st, 0, sizeof *st);
	st->st_nlink = 1;
	if (strcmp(path, "/") == 0) {
		st->st_mode = S_IFDIR | 0700;
		st->st_nlink = 2;
	} else if (is_disk(path)) {
		st->st_mode = S_IFREG | 0600;
		st->st_size = (off_t)size;
	} else if (is_control(path)) {
		st->st_mode = S_IFREG | 0600;
	} else {
		return -ENOENT;
	}
	return 0;
}

static int disk_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
			struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	(void)path, (void)offset, (void)fi, (void)flags;
	fill(buffer, "disk", NULL, 0, 0);
	fill(buffer, "control", NULL, 0, 0);
	return 0;
}

/* Direct I/O: the kernel keeps nothing of these files, each write comes here at once. */
static int disk_open(const char *path, struct fuse_file_info *fi)
{
	if (!is_disk(path) && !is_control(path))
		return -ENOENT;
	fi->direct_io = 1;
	return 0;
}

static int read_counts(char *buffer, size_t length, off_t offset)
{
	char text[200];
	int all = snprintf(text, sizeof text,
			   "{\"writes\":%lu,\"flushes\":%lu,\"kept\":%lu,\"dropped\":%lu}\n", writes,
			   flushes, kept, dropped);
	if (offset >= all)
		return 0;
	if (length > (size_t)(all - offset))
		length = (size_t)(all - offset);
	memcpy(buffer, text + offset, length);
	return (int)length;
}

static int disk_read(const char *path, char *buffer, size_t length, off_t offset,
		     struct fuse_file_info *fi)
{
	(void)fi;
	if (is_control(path))
		return read_counts(buffer, length, offset);
	if (!powered)
		return -EIO;
	if ((size_t)offset >= size)
		return 0;
	if (length > size - (size_t)offset)
		length = size - (size_t)offset;
	memcpy(buffer, current + offset, length);
	return (int)length;
}

static void forget_cache(void)
{
	for (size_t i = 0; i < cached; i++)
		free(cache[i].bytes);
	cached = 0;
}

static void power_on(unsigned keep)
{
	/* first everything as it was at the last flush, then what happened to reach the medium */
	for (size_t i = 0; i < cached; i++)
		memcpy(current + cache[i].offset, durable + cache[i].offset, cache[i].length);
	for (size_t i = 0; i < cached; i++) {
		struct cached_write *w = &cache[i];
		for (size_t at = 0; at < w->length; at += SECTOR) {
			size_t piece = w->length - at < SECTOR ? w->length - at : SECTOR;
			if (next_random() % 1000 >= keep) {
				dropped++;
				continue;
			}
			kept++;
			memcpy(current + w->offset + at, w->bytes + at, piece);
			memcpy(durable + w->offset + at, w->bytes + at, piece);
		}
	}
	forget_cache();
	powered = 1;
}

static int command(const char *buffer, size_t length)
{
	char text[64] = "";
	unsigned keep;
	unsigned long long seed;

	if (length >= sizeof text)
		return -EINVAL;
	memcpy(text, buffer, length);
	if (strcmp(text, "off") == 0) {
		powered = 0;
	} else if (sscanf(text, "on %u %llu", &keep, &seed) == 2) {
		state = seed;
		power_on(keep);
	} else {
		return -EINVAL;
	}
	return (int)length;
}

static int disk_write(const char *path, const char *buffer, size_t length, off_t offset,
		      struct fuse_file_info *fi)
{
	(void)fi;
	if (is_control(path))
		return command(buffer, length);
	if (!powered)
		return -EIO;
	if ((size_t)offset > size || length > size - (size_t)offset)
		return -ENOSPC;
	if (cached == capacity) {
		size_t more = capacity ? capacity * 2 : 1024;
		struct cached_write *grown = realloc(cache, more * sizeof *cache);
		if (!grown)
			return -ENOMEM;
		cache = grown;
		capacity = more;
	}
	char *copy = malloc(length);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, buffer, length);
	memcpy(current + offset, buffer, length);
	cache[cached++] = (struct cached_write){ (size_t)offset, length, copy };
	writes++;
	return (int)length;
}

static int disk_fsync(const char *path, int data_only, struct fuse_file_info *fi)
{
	(void)data_only, (void)fi;
	if (!is_disk(path))
		return 0;
	if (!powered)
		return -EIO;
	for (size_t i = 0; i < cached; i++)
		memcpy(durable + cache[i].offset, cache[i].bytes, cache[i].length);
	forget_cache();
	flushes++;
	return 0;
}

static const struct fuse_operations operations = {
	.getattr = disk_getattr,
	.readdir = disk_readdir,
	.open = disk_open,
	.read = disk_read,
	.write = disk_write,
	.fsync = disk_fsync,
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: disk MOUNTPOINT MEGABYTES\n");
		return 2;
	}
	size = strtoul(argv[2], NULL, 10) * 1024 * 1024;
	/* takes memory only for what is written */
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	current = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	durable = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (size == 0 || current == MAP_FAILED || durable == MAP_FAILED) {
		perror("disk: no memory");
		return 1;
	}
	/* -s: one operation at a time, so that the order of writes and flushes is certain */
	char *fuse_argv[] = { argv[0], argv[1], "-f", "-s", NULL };
	return fuse_main(4, fuse_argv, &operations, NULL);
}
