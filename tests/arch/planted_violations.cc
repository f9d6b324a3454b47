// Everything the core must not do; symbols_test.cc proves that it would be caught.
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

struct Thing {
  int value;
};

Thing* planted_new() {
  return new Thing{1};
}
void* planted_malloc(size_t size) {
  return malloc(size);
}
void planted_stdio(int value) {
  printf("%d\n", value);
}
void planted_throw() {
  throw Thing{2};
}
void planted_thread(pthread_mutex_t* mutex) {
  pthread_mutex_lock(mutex);
}
long planted_clock() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}
