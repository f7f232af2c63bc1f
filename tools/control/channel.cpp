#include "tools/control/channel.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace ringlet::tools {
namespace {

constexpr std::size_t kMostDescriptors = 3;

/// A directory that nobody else may enter.
std::string SocketDirectory() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string path =
      runtime != nullptr && *runtime == '/' ? std::string(runtime) + "/ringlet" : fmt::format("/tmp/ringlet-{}", getuid());
  struct stat status{};
  mkdir(path.c_str(), 0700);
  if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != getuid() || (status.st_mode & 077) != 0) {
    throw std::runtime_error(path + " is not a directory of yours alone (mode 700); machines are not controlled through it");
  }
  return path;
}

}  // namespace

std::string SocketPath(const std::string& machine_directory) {
  if (machine_directory.empty()) return SocketDirectory() + "/default";
  struct stat status{};
  if (stat(machine_directory.c_str(), &status) != 0) throw std::runtime_error("there is no machine directory " + machine_directory);
  return fmt::format("{}/{:x}-{:x}", SocketDirectory(), status.st_dev, status.st_ino);
}

Channel::Channel(Channel&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      received_(std::move(other.received_)),
      descriptors_(std::exchange(other.descriptors_, {})) {}

Channel::~Channel() {
  for (const int each : descriptors_) close(each);
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<Channel> Channel::Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.c_str(), path.size());
  Channel channel(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(channel.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return channel;
}

bool Channel::Send(const nlohmann::json& message, const std::vector<int>& descriptors) {
  const std::string line = message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    iovec piece{const_cast<char*>(line.data()) + sent, line.size() - sent};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
    if (sent == 0 && !descriptors.empty()) {
      header.msg_control = control;
      header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
      cmsghdr* const rights = CMSG_FIRSTHDR(&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
    }
    const ssize_t count = sendmsg(descriptor_, &header, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool Channel::Fill() {
  char buffer[4096];
  iovec piece{buffer, sizeof buffer};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))];
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t count;
  do {
    count = recvmsg(descriptor_, &header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    std::vector<int> came((each->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(came.data(), CMSG_DATA(each), came.size() * sizeof(int));
    descriptors_.insert(descriptors_.end(), came.begin(), came.end());
  }
  received_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::optional<nlohmann::json> Channel::Receive() {
  std::size_t end;
  while ((end = received_.find('\n')) == std::string::npos) {
    if (!Fill()) return {};
  }
  const std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  nlohmann::json message = nlohmann::json::parse(line, nullptr, false);
  if (message.is_discarded()) return {};
  return message;
}

std::vector<int> Channel::TakeDescriptors() { return std::exchange(descriptors_, {}); }

}  // namespace ringlet::tools
