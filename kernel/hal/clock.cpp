#include "kernel/hal/clock.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace nt::hal {
namespace {

struct Watch {
  int fd;
  ReadyCallback callback;
  void* context;
};
std::vector<Watch> watches;
timer_t clock_timer;
bool clock_running = false;

ULONGLONG Nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<ULONGLONG>(now.tv_sec) * 1'000'000'000 + static_cast<ULONGLONG>(now.tv_nsec);
}

timespec Timespec(ULONGLONG nanoseconds) {
  return {static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
}

void CreateClockTimer() {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGALRM;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  if (timer_create(CLOCK_MONOTONIC, &event, &clock_timer) != 0) {
    throw std::system_error(errno, std::generic_category(), "creating the clock interrupt");
  }
  clock_running = true;
}

}  // namespace

ULONGLONG MonotonicNanoseconds() { return Nanoseconds(CLOCK_MONOTONIC); }

LONGLONG WallClock() {
  constexpr LONGLONG kUnixEpoch = 116444736000000000;  // 1601 to 1970
  return static_cast<LONGLONG>(Nanoseconds(CLOCK_REALTIME) / 100) + kUnixEpoch;
}

void StartClockInterrupts(ULONGLONG period_ns) {
  if (!clock_running) CreateClockTimer();
  const itimerspec period{Timespec(period_ns), Timespec(period_ns)};
  timer_settime(clock_timer, 0, &period, nullptr);
}

void StopClockInterrupts() {
  if (clock_running) timer_delete(clock_timer);
  clock_running = false;
}

void WatchDescriptor(int fd, ReadyCallback callback, void* context) { watches.push_back({fd, callback, context}); }

void UnwatchDescriptor(int fd) {
  std::erase_if(watches, [fd](const Watch& watch) { return watch.fd == fd; });
}

bool AnyDescriptorWatched() { return !watches.empty(); }

void Idle(LONGLONG nanoseconds) {
  std::vector<pollfd> descriptors;
  for (const Watch& watch : watches) descriptors.push_back({watch.fd, POLLIN, 0});
  const timespec limit = Timespec(static_cast<ULONGLONG>(std::max<LONGLONG>(nanoseconds, 0)));
  const int ready = ppoll(descriptors.data(), descriptors.size(), nanoseconds < 0 ? nullptr : &limit, nullptr);
  if (ready <= 0) return;
  const std::vector<Watch> asked = watches;  // a callback may change the list
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (descriptors[i].revents != 0) asked[i].callback(asked[i].context);
  }
}

}  // namespace nt::hal
