// What the processors are to each other: every one a core of its own, all in one package, one memory node and one group.
#include <cstddef>
#include <cstring>

#include "kernel/ke/scheduler.h"

using namespace nt::ke;

namespace {

KAFFINITY AllProcessors() { return ProcessorCount() == 64 ? ~KAFFINITY{0} : (KAFFINITY{1} << ProcessorCount()) - 1; }

// LOGICAL_PROCESSOR_RELATIONSHIP (wdm.h).
enum Relationship : ULONG { kCore = 0, kNode = 1, kCache = 2, kPackage = 3, kGroup = 4, kAll = 0xffff };

/// PROCESSOR_RELATIONSHIP, and with other flags NUMA_NODE_RELATIONSHIP, as parts of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX.
struct ProcessorRelation {
  ULONG relationship, size;
  UCHAR flags, efficiency_class;
  UCHAR reserved[20];
  USHORT group_count;
  GROUP_AFFINITY mask;
};
NT_SIZE(ProcessorRelation, 48);
struct NodeRelation {
  ULONG relationship, size;
  ULONG node;
  UCHAR reserved[18];
  USHORT group_count;
  GROUP_AFFINITY mask;
};
NT_SIZE(NodeRelation, 48);
struct GroupRelation {
  ULONG relationship, size;
  USHORT maximum_groups, active_groups;
  UCHAR reserved[20];
  UCHAR maximum_processors, active_processors;
  UCHAR reserved_info[38];
  KAFFINITY active;
};
NT_SIZE(GroupRelation, 80);

/// Appends records to a caller's buffer as far as there is room, and counts all of them.
class Records {
 public:
  Records(PVOID buffer, ULONG room) : out_(static_cast<UCHAR*>(buffer)), room_(buffer != nullptr ? room : 0) {}
  template <class T>
  void Add(const T& record) {
    if (needed_ + sizeof record <= room_) std::memcpy(out_ + needed_, &record, sizeof record);
    needed_ += sizeof record;
  }
  ULONG needed() const { return needed_; }
  bool fits() const { return needed_ <= room_; }

 private:
  UCHAR* out_;
  ULONG room_, needed_ = 0;
};

GROUP_AFFINITY Mask(KAFFINITY processors) {
  GROUP_AFFINITY mask{};
  mask.Mask = processors;
  return mask;
}

void AddProcessors(Relationship relationship, KAFFINITY processors, Records* records) {
  ProcessorRelation record{};
  record.relationship = relationship;
  record.size = sizeof record;
  record.group_count = 1;
  record.mask = Mask(processors);
  records->Add(record);
}

void Describe(Relationship wanted, KAFFINITY of, Records* records) {
  const auto asked = [&](Relationship one) { return wanted == one || wanted == kAll; };
  for (ULONG i = 0; asked(kCore) && i < ProcessorCount(); ++i) {
    if ((of >> i & 1) != 0) AddProcessors(kCore, KAFFINITY{1} << i, records);
  }
  if (asked(kPackage)) AddProcessors(kPackage, AllProcessors(), records);
  if (asked(kNode)) {
    NodeRelation record{};
    record.relationship = kNode;
    record.size = sizeof record;
    record.group_count = 1;
    record.mask = Mask(AllProcessors());
    records->Add(record);
  }
  if (asked(kGroup)) {
    GroupRelation record{};
    record.relationship = kGroup;
    record.size = sizeof record;
    record.maximum_groups = record.active_groups = 1;
    record.maximum_processors = record.active_processors = static_cast<UCHAR>(ProcessorCount());
    record.active = AllProcessors();
    records->Add(record);
  }
}

}  // namespace

extern "C" {

USHORT KeQueryMaximumGroupCount() { return 1; }
KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber) { return GroupNumber == 0 ? AllProcessors() : 0; }
USHORT KeQueryHighestNodeNumber() { return 0; }
USHORT KeGetCurrentNodeNumber() { return 0; }
USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber) { return NodeNumber == 0 ? static_cast<USHORT>(ProcessorCount()) : 0; }

VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count) {
  const bool node = NodeNumber == 0;
  if (Affinity != nullptr) *Affinity = Mask(node ? AllProcessors() : 0);
  if (Count != nullptr) *Count = KeQueryNodeMaximumProcessorCount(NodeNumber);
}

NTSTATUS KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber, ULONG RelationshipType, PVOID Information, PULONG Length) {
  if (Length == nullptr || (RelationshipType > kGroup && RelationshipType != kAll)) return STATUS_INVALID_PARAMETER;
  KAFFINITY of = AllProcessors();
  if (ProcessorNumber != nullptr) {
    if (ProcessorNumber->Group != 0 || ProcessorNumber->Reserved != 0 || ProcessorNumber->Number >= ProcessorCount())
      return STATUS_INVALID_PARAMETER;
    of = KAFFINITY{1} << ProcessorNumber->Number;
  }
  Records records(Information, *Length);
  Describe(static_cast<Relationship>(RelationshipType), of, &records);
  *Length = records.needed();
  return records.fits() ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

}  // extern "C"
