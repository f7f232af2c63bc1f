// Writes a tree of keys as a hive file. The layout of regf files is published (libregf's and the Windows registry format's descriptions);
// numbers are little endian, offsets count from the first bin.
#include <algorithm>
#include <cstring>
#include <map>

#include "kernel/cm/hive.h"
#include "kernel/rtl/rtl.h"

namespace nt::cm {
namespace {

constexpr SIZE_T kBlock = 0x1000;  // size of the base block; bins are multiples of it
constexpr SIZE_T kBinHeader = 0x20;
constexpr ULONG kNone = 0xFFFFFFFF;
constexpr SIZE_T kListLimit = 500;      // subkeys in one list
constexpr SIZE_T kBigSegment = 0x3FD8;  // bytes of a value's data in one cell

constexpr USHORT kRootFlags = 0x0C;  // a hive's topmost key, not to be deleted
constexpr USHORT kLinkFlag = 0x10;
constexpr USHORT kNarrowName = 0x20;

bool IsNarrow(std::u16string_view name) {
  return std::ranges::all_of(name, [](char16_t c) { return c <= 0xFF; });
}

/// A name as it is stored: a byte a character where that suffices.
std::vector<UCHAR> Stored(std::u16string_view name) {
  if (IsNarrow(name)) return {name.begin(), name.end()};
  std::vector<UCHAR> bytes(name.size() * sizeof(WCHAR));
  std::memcpy(bytes.data(), name.data(), bytes.size());
  return bytes;
}

/// What lists of subkeys are searched by.
ULONG HashOf(std::u16string_view name) {
  ULONG hash = 0;
  for (const char16_t c : name) hash = hash * 37 + RtlUpcaseUnicodeChar(c);
  return hash;
}

class HiveWriter {
 public:
  explicit HiveWriter(LONGLONG now) : bytes_(kBlock), now_(now) {}

  std::vector<UCHAR> Write(const Key& root, ULONG sequence) {
    PutSecurities(root);
    const ULONG top = PutKey(root, kNone, true);
    EndBin();
    PutBaseBlock(top, sequence);
    return std::move(bytes_);
  }

 private:
  struct Security {
    ULONG cell;
    ULONG users;
  };

  template <class T>
  void Put(SIZE_T offset, T value) {
    std::memcpy(&bytes_[offset], &value, sizeof value);
  }
  void PutBytes(SIZE_T offset, const void* from, SIZE_T size) {
    if (size != 0) std::memcpy(&bytes_[offset], from, size);
  }
  /// Where in the file a cell's contents begin.
  static SIZE_T Contents(ULONG cell) { return kBlock + cell + sizeof(LONG); }

  /// A new cell of `size` bytes of contents; its offset.
  ULONG Allocate(SIZE_T size) {
    const SIZE_T whole = (size + sizeof(LONG) + 7) & ~SIZE_T{7};
    if (bin_end_ - next_ < whole) {
      EndBin();
      StartBin((whole + kBinHeader + kBlock - 1) & ~(kBlock - 1));
    }
    const SIZE_T at = next_;
    next_ += whole;
    Put(at, -static_cast<LONG>(whole));  // a cell's size is negative when it is in use
    return static_cast<ULONG>(at - kBlock);
  }
  void StartBin(SIZE_T size) {
    const SIZE_T at = bytes_.size();
    bytes_.resize(at + size);
    PutBytes(at, "hbin", 4);
    Put(at + 0x04, static_cast<ULONG>(at - kBlock));
    Put(at + 0x08, static_cast<ULONG>(size));
    Put(at + 0x14, now_);
    next_ = at + kBinHeader;
    bin_end_ = at + size;
  }
  /// What is left of the bin is a free cell.
  void EndBin() {
    if (next_ != bin_end_) Put(next_, static_cast<LONG>(bin_end_ - next_));
    next_ = bin_end_;
  }

  // ---- security ----------------------------------------------------------------------------------------------------------

  static std::vector<UCHAR> DescriptorOf(const Key& key) { return key.security ? *key.security : *DefaultSecurity(); }
  void CountSecurities(const Key& key) {
    ++securities_[DescriptorOf(key)].users;
    for (const auto& child : key.children) {
      if (!child->is_volatile) CountSecurities(*child);
    }
  }
  /// Equal descriptors share a cell; all of them are in a ring.
  void PutSecurities(const Key& root) {
    CountSecurities(root);
    for (auto& [descriptor, security] : securities_) {
      security.cell = Allocate(0x14 + descriptor.size());
      const SIZE_T at = Contents(security.cell);
      PutBytes(at, "sk", 2);
      Put(at + 0x0C, security.users);
      Put(at + 0x10, static_cast<ULONG>(descriptor.size()));
      PutBytes(at + 0x14, descriptor.data(), descriptor.size());
    }
    ULONG previous = securities_.rbegin()->second.cell;
    for (const auto& [descriptor, security] : securities_) {
      Put(Contents(previous) + 0x04, security.cell);
      Put(Contents(security.cell) + 0x08, previous);
      previous = security.cell;
    }
  }

  // ---- values ------------------------------------------------------------------------------------------------------------

  ULONG PutData(const std::vector<UCHAR>& data) {
    if (data.size() <= kBigSegment) {
      const ULONG cell = Allocate(data.size());
      PutBytes(Contents(cell), data.data(), data.size());
      return cell;
    }
    std::vector<ULONG> segments;
    for (SIZE_T at = 0; at < data.size(); at += kBigSegment) {
      const SIZE_T size = std::min(kBigSegment, data.size() - at);
      segments.push_back(Allocate(size + sizeof(ULONG)));  // NT's full segments have four bytes behind them; libhivex expects that of all
      PutBytes(Contents(segments.back()), data.data() + at, size);
    }
    const ULONG list = Allocate(segments.size() * sizeof(ULONG));
    PutBytes(Contents(list), segments.data(), segments.size() * sizeof(ULONG));
    const ULONG big = Allocate(0x08);
    PutBytes(Contents(big), "db", 2);
    Put(Contents(big) + 0x02, static_cast<USHORT>(segments.size()));
    Put(Contents(big) + 0x04, list);
    return big;
  }
  ULONG PutValue(const Value& value) {
    const std::vector<UCHAR> name = Stored(value.name);
    const auto length = static_cast<ULONG>(value.data.size());
    const bool is_inline = length <= sizeof(ULONG);
    const ULONG data = is_inline ? 0 : PutData(value.data);
    const ULONG cell = Allocate(0x14 + name.size());
    const SIZE_T at = Contents(cell);
    PutBytes(at, "vk", 2);
    Put(at + 0x02, static_cast<USHORT>(name.size()));
    Put(at + 0x04, is_inline ? length | 0x80000000 : length);
    Put(at + 0x08, data);
    if (is_inline) PutBytes(at + 0x08, value.data.data(), length);
    Put(at + 0x0C, value.type);
    Put(at + 0x10, static_cast<USHORT>(IsNarrow(value.name) && !name.empty() ? 1 : 0));
    PutBytes(at + 0x14, name.data(), name.size());
    return cell;
  }
  ULONG PutValues(const Key& key) {
    if (key.values.empty()) return kNone;
    std::vector<ULONG> cells;
    for (const Value& value : key.values) cells.push_back(PutValue(value));
    const ULONG list = Allocate(cells.size() * sizeof(ULONG));
    PutBytes(Contents(list), cells.data(), cells.size() * sizeof(ULONG));
    return list;
  }

  // ---- keys --------------------------------------------------------------------------------------------------------------

  struct Child {
    ULONG cell;
    ULONG hash;
  };
  ULONG PutList(const Child* children, SIZE_T count) {
    const ULONG list = Allocate(0x04 + count * sizeof(Child));
    PutBytes(Contents(list), "lh", 2);
    Put(Contents(list) + 0x02, static_cast<USHORT>(count));
    PutBytes(Contents(list) + 0x04, children, count * sizeof(Child));
    return list;
  }
  /// One list, or a list of lists.
  ULONG PutLists(const std::vector<Child>& children) {
    if (children.empty()) return kNone;
    if (children.size() <= kListLimit) return PutList(children.data(), children.size());
    std::vector<ULONG> lists;
    for (SIZE_T at = 0; at < children.size(); at += kListLimit)
      lists.push_back(PutList(children.data() + at, std::min(kListLimit, children.size() - at)));
    const ULONG root = Allocate(0x04 + lists.size() * sizeof(ULONG));
    PutBytes(Contents(root), "ri", 2);
    Put(Contents(root) + 0x02, static_cast<USHORT>(lists.size()));
    PutBytes(Contents(root) + 0x04, lists.data(), lists.size() * sizeof(ULONG));
    return root;
  }
  ULONG PutClass(const Key& key) {
    if (key.class_name.empty()) return kNone;
    const ULONG cell = Allocate(key.class_name.size() * sizeof(WCHAR));
    PutBytes(Contents(cell), key.class_name.data(), key.class_name.size() * sizeof(WCHAR));
    return cell;
  }
  ULONG PutKey(const Key& key, ULONG parent, bool is_root) {
    const std::vector<UCHAR> name = Stored(key.name);
    const ULONG cell = Allocate(0x4C + name.size());
    std::vector<Child> children;
    SIZE_T longest_name = 0, longest_class = 0, longest_value = 0, largest_data = 0;
    for (const auto& child : key.children) {
      if (child->is_volatile) continue;
      children.push_back({PutKey(*child, cell, false), HashOf(child->name)});
      longest_name = std::max(longest_name, child->name.size() * sizeof(WCHAR));
      longest_class = std::max(longest_class, child->class_name.size() * sizeof(WCHAR));
    }
    for (const Value& value : key.values) {
      longest_value = std::max(longest_value, value.name.size() * sizeof(WCHAR));
      largest_data = std::max(largest_data, value.data.size());
    }
    const ULONG lists = PutLists(children), values = PutValues(key), class_name = PutClass(key);
    const SIZE_T at = Contents(cell);
    PutBytes(at, "nk", 2);
    Put(at + 0x02,
        static_cast<USHORT>((is_root ? kRootFlags : 0) | (key.is_link ? kLinkFlag : 0) | (IsNarrow(key.name) ? kNarrowName : 0)));
    Put(at + 0x04, key.last_write);
    Put(at + 0x10, is_root ? cell : parent);
    Put(at + 0x14, static_cast<ULONG>(children.size()));
    Put(at + 0x1C, lists);
    Put(at + 0x20, kNone);  // volatile subkeys
    Put(at + 0x24, static_cast<ULONG>(key.values.size()));
    Put(at + 0x28, values);
    Put(at + 0x2C, securities_[DescriptorOf(key)].cell);
    Put(at + 0x30, class_name);
    // The upper half of the field is other things' since Windows XP.
    Put(at + 0x34,
        static_cast<ULONG>(longest_name) | static_cast<ULONG>(key.user_flags) << 16 | static_cast<ULONG>(key.control_flags) << 20);
    Put(at + 0x38, static_cast<ULONG>(longest_class));
    Put(at + 0x3C, static_cast<ULONG>(longest_value));
    Put(at + 0x40, static_cast<ULONG>(largest_data));
    Put(at + 0x48, static_cast<USHORT>(name.size()));
    Put(at + 0x4A, static_cast<USHORT>(key.class_name.size() * sizeof(WCHAR)));
    PutBytes(at + 0x4C, name.data(), name.size());
    return cell;
  }

  void PutBaseBlock(ULONG root, ULONG sequence) {
    PutBytes(0, "regf", 4);
    Put(0x04, sequence);  // twice: equal, so the file is whole
    Put(0x08, sequence);
    Put(0x0C, now_);
    Put<ULONG>(0x14, 1);  // version 1.5
    Put<ULONG>(0x18, 5);
    Put<ULONG>(0x20, 1);  // format: direct memory load
    Put(0x24, root);
    Put(0x28, static_cast<ULONG>(bytes_.size() - kBlock));
    Put<ULONG>(0x2C, 1);
    ULONG sum = 0;
    for (SIZE_T offset = 0; offset < 0x1FC; offset += sizeof sum) {
      ULONG word;
      std::memcpy(&word, &bytes_[offset], sizeof word);
      sum ^= word;
    }
    Put(0x1FC, sum == 0 ? 1 : sum == kNone ? kNone - 1 : sum);
  }

  std::vector<UCHAR> bytes_;
  LONGLONG now_;
  SIZE_T next_ = kBlock;
  SIZE_T bin_end_ = kBlock;
  std::map<std::vector<UCHAR>, Security> securities_;
};

}  // namespace

std::vector<UCHAR> HiveBytes(const Key& root, ULONG sequence) { return HiveWriter(root.last_write).Write(root, sequence); }

}  // namespace nt::cm
