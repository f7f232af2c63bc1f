// Running host code in the machine, and what is kept of its end.
#include "kernel/machine/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "kernel/etw/etw.h"
#include "kernel/io/drive.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/machine.h"

namespace nt::io {
std::string DescribePendingIrps(PETHREAD thread);
}

namespace ringlet {
namespace {

std::vector<StackFrame> Frames(const std::vector<nt::ke::StackFrame>& stack) {
  std::vector<StackFrame> frames;
  for (const auto& frame : stack) frames.push_back({frame.address, frame.symbol, frame.source});
  return frames;
}

}  // namespace

Outcome Machine::State::Run(const std::function<void()>& work) {
  const auto outcome = static_cast<Outcome>(nt::ke::RunInSystemThread(work, options.timeout_ms));
  if (outcome == Outcome::BugCheck && bugcheck == nullptr) KeepBugCheck();
  if (outcome == Outcome::Deadlock) KeepDeadlock();
  return outcome;
}

void Machine::State::KeepDeadlock() {
  deadlock.clear();
  for (const auto& thread : nt::ke::DescribeDeadlock()) {
    deadlock.push_back({thread.id, thread.wait + nt::io::DescribePendingIrps(thread.thread), Frames(thread.stack)});
  }
}

void Machine::State::KeepBugCheck() {
  const auto& info = nt::ke::LastBugCheck();
  bugcheck = std::make_unique<BugCheck>();
  bugcheck->code = info.code;
  std::copy(std::begin(info.parameters), std::end(info.parameters), bugcheck->parameters);
  bugcheck->name = info.name;
  bugcheck->rule = info.rule;
  bugcheck->details = info.details;
  bugcheck->driver = info.driver;
  bugcheck->irql = info.irql;
  bugcheck->processor = info.processor;
  bugcheck->stack = Frames(info.stack);
  std::copy(std::begin(info.meanings), std::end(info.meanings), bugcheck->meanings);
  for (const auto& other : info.others) bugcheck->others.push_back({other.processor, Frames(other.stack)});
  for (const auto& data : info.secondary_data) {
    bugcheck->secondary_data.push_back({data.component, nt::etw::GuidText(data.id), data.bytes});
  }
  for (const auto& data : info.triage_data) bugcheck->triage_data.push_back({data.component, data.address, data.bytes});
}

void Machine::State::MakeDirectory() {
  directory = options.directory;
  if (directory.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ringlet-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create a temporary machine directory");
    directory = pattern;
    temporary_directory = true;
  }
  std::error_code error;
  std::filesystem::create_directories(directory + "/Windows/System32/drivers", error);
  if (!error) std::filesystem::create_directories(directory + "/Windows/Temp", error);
  if (error) throw std::runtime_error("the machine directory " + directory + " cannot be made: " + error.message());
  lock = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (lock >= 0) close(lock);
    throw std::runtime_error("the machine directory " + directory + " is in use: another machine runs on it");
  }
  nt::io::SetMachineDirectory(directory);
}

}  // namespace ringlet
