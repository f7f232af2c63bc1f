#include "kernel/cm/information.h"

#include <algorithm>
#include <cstddef>

#include "kernel/cm/hive.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr ULONG kAbsent = 0xFFFFFFFF;  // offset of what there is not

/// Starts with the header up to `fixed` bytes; what follows is appended.
template <class T>
void Start(Information* information, const T& header, SIZE_T fixed) {
  const auto* const bytes = reinterpret_cast<const UCHAR*>(&header);
  information->bytes.assign(bytes, bytes + fixed);
  information->fixed = static_cast<ULONG>(fixed);
}

void Append(Information* information, const void* data, SIZE_T size) {
  const auto* const bytes = static_cast<const UCHAR*>(data);
  information->bytes.insert(information->bytes.end(), bytes, bytes + size);
}

ULONG BytesOf(std::u16string_view text) { return static_cast<ULONG>(text.size() * sizeof(WCHAR)); }

ULONG AlignUp(SIZE_T offset, ULONG alignment) { return static_cast<ULONG>((offset + alignment - 1) & ~SIZE_T{alignment - 1}); }

void DescribeFullValue(const Value& value, ULONG alignment, Information* information) {
  constexpr SIZE_T kFixed = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
  const auto length = static_cast<ULONG>(value.data.size());
  const ULONG offset = AlignUp(kFixed + BytesOf(value.name), alignment);
  const KEY_VALUE_FULL_INFORMATION header{0, value.type, length != 0 ? offset : kAbsent, length, BytesOf(value.name), {}};
  Start(information, header, kFixed);
  Append(information, value.name.data(), BytesOf(value.name));
  if (length == 0) return;
  information->bytes.resize(offset);
  Append(information, value.data.data(), length);
}

/// Sums and maxima over a key's children and values; lengths in bytes.
KEY_FULL_INFORMATION Totals(const Key& key) {
  KEY_FULL_INFORMATION totals{};
  totals.LastWriteTime.QuadPart = key.last_write;
  totals.SubKeys = static_cast<ULONG>(key.children.size());
  totals.Values = static_cast<ULONG>(key.values.size());
  for (const auto& child : key.children) {
    totals.MaxNameLen = std::max(totals.MaxNameLen, BytesOf(child->name));
    totals.MaxClassLen = std::max(totals.MaxClassLen, BytesOf(child->class_name));
  }
  for (const Value& value : key.values) {
    totals.MaxValueNameLen = std::max(totals.MaxValueNameLen, BytesOf(value.name));
    totals.MaxValueDataLen = std::max(totals.MaxValueDataLen, static_cast<ULONG>(value.data.size()));
  }
  return totals;
}

void DescribeNode(const Key& key, Information* information) {
  constexpr SIZE_T kFixed = offsetof(KEY_NODE_INFORMATION, Name);
  const ULONG class_length = BytesOf(key.class_name);
  const ULONG offset = AlignUp(kFixed + BytesOf(key.name), sizeof(ULONG));
  KEY_NODE_INFORMATION header{{}, 0, class_length != 0 ? offset : kAbsent, class_length, BytesOf(key.name), {}};
  header.LastWriteTime.QuadPart = key.last_write;
  Start(information, header, kFixed);
  Append(information, key.name.data(), BytesOf(key.name));
  if (class_length == 0) return;
  information->bytes.resize(offset);
  Append(information, key.class_name.data(), class_length);
}

void DescribeFullKey(const Key& key, Information* information) {
  constexpr SIZE_T kFixed = offsetof(KEY_FULL_INFORMATION, Class);
  KEY_FULL_INFORMATION header = Totals(key);
  header.ClassLength = BytesOf(key.class_name);
  header.ClassOffset = header.ClassLength != 0 ? static_cast<ULONG>(kFixed) : kAbsent;
  Start(information, header, kFixed);
  Append(information, key.class_name.data(), header.ClassLength);
}

void DescribeCached(const Key& key, Information* information) {
  const KEY_FULL_INFORMATION totals = Totals(key);
  const KEY_CACHED_INFORMATION header{
      totals.LastWriteTime, 0, totals.SubKeys, totals.MaxNameLen, totals.Values, totals.MaxValueNameLen, totals.MaxValueDataLen,
      BytesOf(key.name)};
  Start(information, header, sizeof header);
}

template <class T>
NTSTATUS DescribePlainly(Information* information, const T& header) {
  Start(information, header, sizeof header);
  return STATUS_SUCCESS;
}

/// What only a handle can be asked. Neither virtualization nor layers exist here.
NTSTATUS DescribeOpenKey(const Key& key, KEY_INFORMATION_CLASS information_class, ULONG tags, Information* information) {
  constexpr ULONG kVolatileFlag = 1, kLinkFlag = 2;
  switch (information_class) {
    case KeyNameInformation: {
      const std::u16string path = key.Path();
      Start(information, KEY_NAME_INFORMATION{BytesOf(path), {}}, offsetof(KEY_NAME_INFORMATION, Name));
      Append(information, path.data(), BytesOf(path));
      return STATUS_SUCCESS;
    }
    case KeyCachedInformation:
      DescribeCached(key, information);
      return STATUS_SUCCESS;
    case KeyFlagsInformation:
      return DescribePlainly(
          information,
          KEY_FLAGS_INFORMATION{key.user_flags, (key.is_volatile ? kVolatileFlag : 0) | (key.is_link ? kLinkFlag : 0), key.control_flags});
    case KeyVirtualizationInformation:
      return DescribePlainly(information, KEY_VIRTUALIZATION_INFORMATION{});
    case KeyHandleTagsInformation:
      return DescribePlainly(information, KEY_HANDLE_TAGS_INFORMATION{tags});
    case KeyTrustInformation:
      return DescribePlainly(information, KEY_TRUST_INFORMATION{key.hive != nullptr && key.hive->trusted ? 1u : 0u, 0});
    case KeyLayerInformation:
      return DescribePlainly(information, KEY_LAYER_INFORMATION{});
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

}  // namespace

NTSTATUS DescribeValue(const Value& value, KEY_VALUE_INFORMATION_CLASS information_class, Information* information) {
  const auto length = static_cast<ULONG>(value.data.size());
  switch (information_class) {
    case KeyValueBasicInformation:
      Start(information, KEY_VALUE_BASIC_INFORMATION{0, value.type, BytesOf(value.name), {}}, offsetof(KEY_VALUE_BASIC_INFORMATION, Name));
      Append(information, value.name.data(), BytesOf(value.name));
      return STATUS_SUCCESS;
    case KeyValueFullInformation:
      DescribeFullValue(value, sizeof(ULONG), information);
      return STATUS_SUCCESS;
    case KeyValueFullInformationAlign64:
      DescribeFullValue(value, sizeof(ULONGLONG), information);
      return STATUS_SUCCESS;
    case KeyValuePartialInformation:
      Start(information, KEY_VALUE_PARTIAL_INFORMATION{0, value.type, length, {}}, offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data));
      Append(information, value.data.data(), length);
      return STATUS_SUCCESS;
    case KeyValuePartialInformationAlign64:
      Start(information, KEY_VALUE_PARTIAL_INFORMATION_ALIGN64{value.type, length, {}},
            offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data));
      Append(information, value.data.data(), length);
      return STATUS_SUCCESS;
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

NTSTATUS DescribeKey(const Key& key, KEY_INFORMATION_CLASS information_class, bool of_handle, Information* information, ULONG tags) {
  if (information_class == KeyBasicInformation) {
    KEY_BASIC_INFORMATION header{{}, 0, BytesOf(key.name), {}};
    header.LastWriteTime.QuadPart = key.last_write;
    Start(information, header, offsetof(KEY_BASIC_INFORMATION, Name));
    Append(information, key.name.data(), BytesOf(key.name));
  } else if (information_class == KeyNodeInformation) {
    DescribeNode(key, information);
  } else if (information_class == KeyFullInformation) {
    DescribeFullKey(key, information);
  } else {
    return of_handle ? DescribeOpenKey(key, information_class, tags, information) : STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

NTSTATUS FitOf(const Information& information, ULONG length) {
  if (length < information.fixed) return STATUS_BUFFER_TOO_SMALL;
  return length < information.bytes.size() ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

}  // namespace nt::cm
