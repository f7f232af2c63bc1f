#include "kernel/cm/journal.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "kernel/cm/key.h"

namespace nt::cm {
namespace {

struct Header {
  char magic[4];
  ULONG sequence;
};
constexpr char kMagic[4] = {'R', 'g', 'J', '1'};

struct RecordHeader {
  ULONG size;  ///< of what follows the header
  ULONG sum;   ///< over that
};

ULONG SumOf(const UCHAR* bytes, SIZE_T size) {
  ULONG sum = 2166136261;  // FNV-1a
  for (SIZE_T i = 0; i < size; ++i) sum = (sum ^ bytes[i]) * 16777619;
  return sum;
}

class Writer {
 public:
  explicit Writer(std::vector<UCHAR>& bytes) : bytes_(bytes) {}
  void Put(const void* from, SIZE_T size) {
    const auto* const bytes = static_cast<const UCHAR*>(from);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }
  template <class T>
  void Put(const T& value) {
    Put(&value, sizeof value);
  }
  /// Items, after their number.
  template <class Items>
  void PutAll(const Items& items) {
    Put(static_cast<ULONG>(items.size()));
    Put(items.data(), items.size() * sizeof(typename Items::value_type));
  }

 private:
  std::vector<UCHAR>& bytes_;
};

class Reader {
 public:
  Reader(const UCHAR* at, SIZE_T size) : at_(at), left_(size) {}
  bool Get(void* to, SIZE_T size) {
    if (left_ < size) return false;
    if (size != 0) std::memcpy(to, at_, size);
    at_ += size;
    left_ -= size;
    return true;
  }
  template <class T>
  bool Get(T& value) {
    return Get(&value, sizeof value);
  }
  template <class Items>
  bool GetAll(Items& items) {
    ULONG count = 0;
    if (!Get(count) || left_ / sizeof(typename Items::value_type) < count) return false;
    items.resize(count);
    return Get(items.data(), count * sizeof(typename Items::value_type));
  }
  const UCHAR* at() const { return at_; }
  SIZE_T left() const { return left_; }
  void Skip(SIZE_T size) { at_ += size, left_ -= size; }

 private:
  const UCHAR* at_;
  SIZE_T left_;
};

std::optional<Change> Decode(const UCHAR* bytes, SIZE_T size) {
  Reader reader(bytes, size);
  Change change{};
  const bool whole = reader.Get(change.kind) && reader.Get(change.number) && reader.Get(change.time) && reader.GetAll(change.path) &&
                     reader.GetAll(change.text) && reader.GetAll(change.data);
  return whole ? std::optional(std::move(change)) : std::nullopt;
}

/// Splits a path's last name off.
std::u16string_view TakeLast(std::u16string_view* path) {
  const auto at = path->rfind(u'\\');
  const std::u16string_view last = path->substr(at == path->npos ? 0 : at + 1);
  *path = path->substr(0, at == path->npos ? 0 : at);
  return last;
}

Key* Find(Key* root, std::u16string_view path) {
  Key* at = root;
  while (at != nullptr && !path.empty()) {
    const std::u16string_view name = path.substr(0, path.find(u'\\'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    at = at->Find(name);
  }
  return at;
}

void Create(const Change& change, Key* root) {
  std::u16string_view above = change.path;
  const std::u16string_view name = TakeLast(&above);
  Key* const parent = Find(root, above);
  if (parent == nullptr || parent->Find(name) != nullptr) return;
  Key* const made = parent->Add(name, false, change.time);
  made->is_link = change.number != 0;
  made->class_name = change.text;
  if (!change.data.empty()) made->security = std::make_shared<const std::vector<UCHAR>>(change.data);
}

}  // namespace

std::vector<Change> Journal::Read(ULONG sequence) const {
  std::vector<UCHAR> bytes;
  std::vector<Change> changes;
  if (!storage::Read(path_, &bytes)) return changes;
  Reader reader(bytes.data(), bytes.size());
  Header header;
  if (!reader.Get(header) || std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.sequence != sequence) return changes;
  RecordHeader record;
  while (reader.Get(record) && record.size <= reader.left() && SumOf(reader.at(), record.size) == record.sum) {
    auto change = Decode(reader.at(), record.size);
    if (!change) break;
    changes.push_back(std::move(*change));
    reader.Skip(record.size);
  }
  return changes;
}

bool Journal::Restart(ULONG sequence) {
  sequence_ = sequence;
  size_ = sizeof(Header);
  Header header{{}, sequence};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  return (file_.IsOpen() || file_.Open(path_)) && file_.Truncate(0) && file_.Append(&header, sizeof header);
}

void Journal::Remove() {
  file_.Close();
  storage::Remove(path_);
}

bool Journal::Append(const Change& change) {
  if (!file_.IsOpen() && !Restart(sequence_)) return false;
  std::vector<UCHAR> bytes(sizeof(RecordHeader));
  Writer writer(bytes);
  writer.Put(change.kind);
  writer.Put(change.number);
  writer.Put(change.time);
  writer.PutAll(change.path);
  writer.PutAll(change.text);
  writer.PutAll(change.data);
  const auto size = static_cast<ULONG>(bytes.size() - sizeof(RecordHeader));
  const RecordHeader record{size, SumOf(bytes.data() + sizeof record, size)};
  std::memcpy(bytes.data(), &record, sizeof record);
  size_ += bytes.size();
  return file_.Append(bytes.data(), bytes.size());
}

void Apply(const Change& change, Key* root) {
  if (change.kind == Change::kCreateKey) return Create(change, root);
  Key* const key = Find(root, change.path);
  if (key == nullptr) return;
  switch (change.kind) {
    case Change::kDeleteKey:
      if (key != root) key->parent->Remove(key, change.time);
      break;
    case Change::kRenameKey:
      if (key != root) key->parent->Rename(key, change.text, change.time);
      break;
    case Change::kSetValue:
      key->SetValue(change.text, change.number, change.data.data(), change.data.size(), change.time);
      break;
    case Change::kDeleteValue:
      key->RemoveValue(change.text, change.time);
      break;
    case Change::kSetSecurity:
      key->SetSecurity(std::make_shared<const std::vector<UCHAR>>(change.data), change.time);
      break;
    case Change::kSetFlags:
      key->SetFlags(change.number & 0xF, static_cast<UCHAR>(change.number >> 4), change.time);
      break;
    default:
      key->SetTime(change.time);
  }
}

}  // namespace nt::cm
