// A process that writes to the registry is killed at a thousand places: between and in the midst of what it does to the host's files. What
// a service had said was done is there afterwards, what it was doing is there wholly or not at all, and the hives are whole.
#include <gtest/gtest.h>
#include <hivex.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "kernel/cm/cm.h"
#include "kernel/cm/registry.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

namespace fs = std::filesystem;

constexpr int kWorkloads = 25, kPoints = 40, kSteps = 60;
constexpr std::u16string_view kRoot = u"\\Registry\\Machine\\Software\\Run";

LONGLONG g_time = 0;
LONGLONG Now() { return g_time; }

/// What the parent learns of the killed process.
struct Shared {
  volatile int done;  ///< steps that were finished
};
Shared* g_shared = nullptr;
int g_fault = -1;  ///< the place to die at; -1: nowhere
int g_places = 0;  ///< met so far
void FaultPoint() {
  if (g_places++ == g_fault) raise(SIGKILL);
}

std::u16string NameOf(unsigned number) { return u"Key" + std::u16string(1, static_cast<char16_t>(u'a' + number)); }

Key* Find(std::u16string_view path) {
  Walk walk;
  Key* key = nullptr;
  return NT_SUCCESS(WalkTo(&TheRegistry().root, path.substr(9), walk, &key)) ? key : nullptr;
}

/// One step of a run: the same for the same random numbers.
void Step(std::mt19937& random) {
  ++g_time;
  const auto some = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
  const std::u16string above = std::u16string(kRoot) + u"\\" + NameOf(some(4));
  const std::u16string path = some(2) != 0 ? above : above + u"\\" + NameOf(some(4));
  const std::u16string value = u"Value" + std::u16string(1, static_cast<char16_t>(u'0' + some(5)));
  std::vector<UCHAR> data(some(8) == 0 ? 20'000 + some(20'000) : some(200));
  for (UCHAR& byte : data) byte = static_cast<UCHAR>(random());
  const unsigned choice = some(20);
  Key* const key = Find(path);
  if (key == nullptr) {
    Walk walk{.create = true};
    Key* made = nullptr;
    WalkTo(&TheRegistry().root, path.substr(9), walk, &made);  // one level at a time: nothing is made if the key above is missing
  } else if (choice < 11) {
    SetKeyValue(key, value, REG_BINARY, data.data(), data.size());
  } else if (choice < 14) {
    DeleteKeyValue(key, value);
  } else if (choice < 16) {
    DeleteKey(key);
  } else if (choice < 18) {
    RenameKey(key, NameOf(some(4)));
  } else if (choice < 19) {
    SetKeySecurity(key, std::make_shared<const std::vector<UCHAR>>(64, static_cast<UCHAR>(some(9))));
  } else {
    SaveRegistry();
  }
}

void Describe(const Key& key, std::string* text) {
  for (const char16_t c : key.name) *text += static_cast<char>(c);
  *text += '@' + std::to_string(key.last_write) + (key.security ? "s" + std::to_string((*key.security)[0]) : "") + '(';
  for (const Value& value : key.values) {
    for (const char16_t c : value.name) *text += static_cast<char>(c);
    *text += '=' + std::string(value.data.begin(), value.data.end()) + ';';
  }
  for (const auto& child : key.children) Describe(*child, text);
  *text += ')';
}

/// Everything below the run's key.
std::string Picture() {
  std::string text;
  if (const Key* const key = Find(kRoot)) Describe(*key, &text);
  return text;
}

class RegistryKill : public testing::Test {
 protected:
  void SetUp() override {
    // What a kill can lose is not on the disk's account: where there is memory for files, the test need not wait for a disk.
    const fs::path place = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string name = (place / "ringlet-kill-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    g_shared = static_cast<Shared*>(memory);
  }
  void TearDown() override {
    munmap(g_shared, sizeof(Shared));
    fs::remove_all(directory_);
  }

  NTSTATUS Load() { return LoadRegistry(directory_.string(), &Now); }

  /// Runs a workload to its end in this process, and fills in what there is after each step.
  void Rehearse(unsigned seed, std::vector<std::string>* pictures, int* places) {
    Start();
    g_fault = -1;
    std::mt19937 random(seed);
    storage::SetFaultPoint(&FaultPoint);
    pictures->push_back(Picture());
    for (int step = 0; step < kSteps; ++step) {
      Step(random);
      pictures->push_back(Picture());
    }
    storage::SetFaultPoint(nullptr);
    *places = g_places;
    FreeRegistry();
  }

  /// The child's life, up to the place where it dies.
  void Die(unsigned seed, int place) {
    Start();
    g_fault = place;
    g_shared->done = 0;
    std::mt19937 random(seed);
    storage::SetFaultPoint(&FaultPoint);
    for (int step = 0; step < kSteps; ++step) {
      Step(random);
      g_shared->done = step + 1;
    }
    _exit(0);  // not reached
  }

  void Start() {
    fs::remove_all(directory_);
    g_time = 1000;
    g_places = 0;
    ASSERT_EQ(Load(), STATUS_SUCCESS);
    ASSERT_EQ(CreateKey(kRoot), STATUS_SUCCESS);
  }

  fs::path directory_;
};

TEST_F(RegistryKill, NothingIsLostAtAThousandPlaces) {
  for (unsigned seed = 0; seed < kWorkloads; ++seed) {
    std::vector<std::string> pictures;
    int places = 0;
    Rehearse(seed, &pictures, &places);
    std::mt19937 random(seed + 1000);
    for (int point = 0; point < kPoints; ++point) {
      const int place = static_cast<int>(random() % static_cast<unsigned>(places));
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) Die(seed, place);
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "workload " << seed << " place " << place;
      const int done = g_shared->done;
      ASSERT_EQ(Load(), STATUS_SUCCESS) << "workload " << seed << " place " << place;
      const std::string found = Picture();
      EXPECT_TRUE(found == pictures[static_cast<std::size_t>(done)] || found == pictures[static_cast<std::size_t>(done) + 1])
          << "workload " << seed << " place " << place << " step " << done;
      // It goes on from there, and the file is a hive for others.
      ASSERT_EQ(SetDword(kRoot, u"Survived", 1), STATUS_SUCCESS);
      ASSERT_EQ(SaveRegistry(), STATUS_SUCCESS);
      FreeRegistry();
      hive_h* const hive = hivex_open((directory_ / "Windows/System32/config/SOFTWARE").c_str(), 0);
      ASSERT_NE(hive, nullptr);
      EXPECT_NE(hivex_node_get_child(hive, hivex_root(hive), "Run"), 0u);
      hivex_close(hive);
    }
  }
}

}  // namespace
}  // namespace nt::cm
