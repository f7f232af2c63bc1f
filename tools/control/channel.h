// The way from a command to a machine that stays up: a socket that belongs to the user alone, and lines of JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ringlet::tools {

/// Where the machine of this directory listens; no directory: the one that `ringlet boot` makes by itself.
/// Throws std::runtime_error if the directory of sockets is not the user's alone, or the machine directory does not exist.
std::string SocketPath(const std::string& machine_directory);

/// One end of a connection.
class Channel {
 public:
  explicit Channel(int descriptor) : descriptor_(descriptor) {}
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&&) = delete;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  /// Connects; nothing if no machine listens.
  static std::optional<Channel> Connect(const std::string& path);

  /// Sends a line, and with it host descriptors, which the other end gets copies of. False if the other end is gone.
  bool Send(const nlohmann::json& message, const std::vector<int>& descriptors = {});
  /// The next line; waits for it. Nothing if the other end is gone.
  std::optional<nlohmann::json> Receive();
  /// Descriptors that came with what was received; the caller owns them.
  std::vector<int> TakeDescriptors();
  int descriptor() const { return descriptor_; }

 private:
  bool Fill();

  int descriptor_;
  std::string received_;
  std::vector<int> descriptors_;
};

}  // namespace ringlet::tools
