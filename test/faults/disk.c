/*
 * A disk and a clock that misbehave on demand, for a process on Linux: LD_PRELOAD puts these functions
 * before the C library's. Only files below FAULT_DIR are touched.
 *
 * FAULT_CONTROL names a file of 64-bit numbers that both sides map or write, see disk.ts: the test sets
 * what fails from now on, and reads how often something did.
 *
 * FAULT_SHADOW names a folder that gets, before a sync returns, the file as that sync left it. So at any
 * moment it is what a power cut would leave when nothing survives that was not synced. Each file gets
 * there by rename, so that a kill in the middle of a copy leaves the one before, and a sync that does
 * not return has promised nothing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The order is that of `cells` in disk.ts. */
struct control {
  int64_t error;          /* the errno of what fails; 0 when nothing does */
  int64_t failing;        /* which calls do, one bit each, below */
  int64_t room_bytes;     /* files may still grow by this much before `failing_growth` fails */
  int64_t sync_delay_ms;  /* each sync takes this much longer */
  int64_t lose_syncs;     /* syncs claim to have worked and do nothing */
  int64_t fuse;           /* the so manieth call from now kills the process in its middle; 0 for none */
  int64_t fuse_spares_wal; /* calls on a write-ahead log do not count: those on the database are checkpoints */
  int64_t clock_offset_ms;
  int64_t syncs;          /* how many have worked */
  int64_t faults;         /* how many calls have failed on demand */
};

enum { failing_growth = 1, failing_writes = 2, failing_syncs = 4, failing_changes = 8 };

static struct control idle;
static struct control *control = &idle;
static const char *data_dir;
static const char *shadow_dir;
static pthread_mutex_t shadowing = PTHREAD_MUTEX_INITIALIZER;

/* `next` is the C library's own. */
#define NEXT(name) \
  static __typeof__(&name) next; \
  if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void die(const char *what) {
  dprintf(2, "disk.c: %s: %s\n", what, strerror(errno));
  abort();
}

__attribute__((constructor)) static void start(void) {
  data_dir = getenv("FAULT_DIR");
  shadow_dir = getenv("FAULT_SHADOW");
  const char *path = getenv("FAULT_CONTROL");
  if (!path) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) die(path);
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) die(path);
  close(fd);
  control = mapped;
}

/* The part of a path below FAULT_DIR, "" for the folder itself; NULL when it lies elsewhere. */
static const char *below(const char *path) {
  size_t length = data_dir ? strlen(data_dir) : 0;
  if (!length || strncmp(path, data_dir, length) != 0) return NULL;
  return path[length] == '\0' || path[length] == '/' ? path + length : NULL;
}

static bool path_of(int fd, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = '\0';
  return length > 0 && below(path);
}

static bool watched(int fd, char path[PATH_MAX]) {
  return (control->error || control->fuse) && path_of(fd, path);
}

static bool is_wal(const char *path) {
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, "-wal") == 0;
}

static bool fuse_blows(const char *path) {
  if (!control->fuse || (control->fuse_spares_wal && is_wal(path))) return false;
  return __atomic_sub_fetch(&control->fuse, 1, __ATOMIC_SEQ_CST) == 0;
}

static bool fails(int64_t kind) {
  if (!control->error || !(control->failing & kind)) return false;
  __atomic_add_fetch(&control->faults, 1, __ATOMIC_SEQ_CST);
  errno = (int)control->error;
  return true;
}

/* A full disk takes what lies within the file as it is, as real ones do. */
static bool no_room(int fd, off_t end) {
  struct stat file;
  if (!control->error || !(control->failing & failing_growth) || fstat(fd, &file) != 0) return false;
  if (end <= file.st_size) return false;
  if (__atomic_sub_fetch(&control->room_bytes, end - file.st_size, __ATOMIC_SEQ_CST) >= 0) return false;
  return fails(failing_growth);
}

/* --- the shadow --- */

static void copy(int from, int to) {
  off_t at = 0;
  ssize_t copied;
  while ((copied = copy_file_range(from, &at, to, NULL, 1 << 24, 0)) > 0) continue;
  if (copied < 0) die("copy_file_range");
}

static void shadow_file(int fd, const char *path) {
  char target[PATH_MAX], unfinished[PATH_MAX + 1];
  snprintf(target, sizeof target, "%s%s", shadow_dir, below(path));
  snprintf(unfinished, sizeof unfinished, "%s~", target);
  for (char *slash = target + strlen(shadow_dir) + 1; (slash = strchr(slash, '/')); slash += 1) {
    *slash = '\0';
    mkdir(target, 0777);
    *slash = '/';
  }
  /* Not by a descriptor of its own unless it must: to close one lets go of the process's locks on the file. */
  bool readable = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
  int from = readable ? fd : open(path, O_RDONLY | O_CLOEXEC);
  int to = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (from < 0 || to < 0) die(unfinished);
  copy(from, to);
  close(to);
  if (!readable) close(from);
  if (rename(unfinished, target) != 0) die(target);
}

/* What is gone from a folder is gone for good once the folder is synced. */
static void shadow_folder(const char *path) {
  char folder[PATH_MAX], real[PATH_MAX + 300], shadow[PATH_MAX + 300];
  snprintf(folder, sizeof folder, "%s%s", shadow_dir, below(path));
  DIR *entries = opendir(folder);
  if (!entries) return;
  for (struct dirent *entry; (entry = readdir(entries));) {
    snprintf(real, sizeof real, "%s/%s", path, entry->d_name);
    snprintf(shadow, sizeof shadow, "%s/%s", folder, entry->d_name);
    if (access(real, F_OK) != 0) unlink(shadow);
  }
  closedir(entries);
}

static void shadow(int fd, const char *path) {
  struct stat file;
  if (!shadow_dir || fstat(fd, &file) != 0 || (file.st_nlink == 0 && S_ISREG(file.st_mode))) return;
  pthread_mutex_lock(&shadowing);
  if (S_ISDIR(file.st_mode)) shadow_folder(path);
  else shadow_file(fd, path);
  pthread_mutex_unlock(&shadowing);
}

/* --- what stands before the C library --- */

static int synced(int fd, int (*next)(int)) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return next(fd);
  if (fuse_blows(path)) kill(getpid(), SIGKILL);
  if (control->sync_delay_ms) usleep((useconds_t)control->sync_delay_ms * 1000);
  if (control->lose_syncs) return 0;
  if (fails(failing_syncs)) return -1;
  int result = next(fd);
  if (result != 0) return result;
  shadow(fd, path);
  __atomic_add_fetch(&control->syncs, 1, __ATOMIC_SEQ_CST);
  return 0;
}

int fsync(int fd) {
  NEXT(fsync);
  return synced(fd, next);
}

int fdatasync(int fd) {
  NEXT(fdatasync);
  return synced(fd, next);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  NEXT(pwrite64);
  char path[PATH_MAX];
  if (watched(fd, path)) {
    if (fuse_blows(path)) {
      next(fd, bytes, length / 2, at);
      kill(getpid(), SIGKILL);
    }
    if (no_room(fd, at + (off_t)length) || fails(failing_writes)) return -1;
  }
  return next(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  return pwrite64(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  NEXT(write);
  char path[PATH_MAX];
  if (watched(fd, path)) {
    if (fuse_blows(path)) {
      next(fd, bytes, length / 2);
      kill(getpid(), SIGKILL);
    }
    if (no_room(fd, lseek(fd, 0, SEEK_CUR) + (off_t)length) || fails(failing_writes)) return -1;
  }
  return next(fd, bytes, length);
}

int ftruncate64(int fd, off64_t length) {
  NEXT(ftruncate64);
  char path[PATH_MAX];
  if (watched(fd, path)) {
    if (fuse_blows(path)) kill(getpid(), SIGKILL);
    if (fails(failing_changes)) return -1;
  }
  return next(fd, length);
}

int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

int unlink(const char *path) {
  NEXT(unlink);
  if (below(path)) {
    if (fuse_blows(path)) kill(getpid(), SIGKILL);
    if (fails(failing_changes)) return -1;
  }
  return next(path);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  NEXT(clock_gettime);
  int result = next(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += control->clock_offset_ms / 1000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  NEXT(gettimeofday);
  int result = next(time, zone);
  if (result == 0) time->tv_sec += control->clock_offset_ms / 1000;
  return result;
}
