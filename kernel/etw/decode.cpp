#include "kernel/etw/decode.h"

#include <cstring>

#include "kernel/etw/value.h"

namespace nt::etw {
namespace {

constexpr UCHAR kTypeMask = 0x1f, kCountMask = 0x60, kConstantCount = 0x20, kVariableCount = 0x40, kCustom = 0x60, kChain = 0x80;
constexpr UCHAR kStruct = 24;
constexpr ULONG kDeepest = 16;
constexpr ULONG kMostValues = 0x10000;  // arrays of structures without data would have no end

/// What the metadata says of one field.
struct Description {
  std::string name;
  UCHAR in = 0;
  UCHAR out = 0;
  USHORT count = 0;
};

class Decoder {
 public:
  Decoder(std::span<const UCHAR> metadata, std::span<const UCHAR> payload) : metadata_(metadata), payload_(payload) {}

  Decoded Run() {
    Decoded decoded;
    USHORT size = 0;
    if (!metadata_.Get(&size) || size != metadata_.size() || !ReadTags(&decoded.tags) || !metadata_.GetText(&decoded.name)) {
      decoded.defect = "the event's metadata is malformed";
      return decoded;
    }
    while (defect_.empty() && !metadata_.AtEnd()) ReadField(&decoded.fields, 0);
    if (defect_.empty() && !payload_.AtEnd()) defect_ = "the event carries more data than its metadata describes";
    decoded.defect = defect_;
    return decoded;
  }

 private:
  bool ReadTags(ULONG* tags) {
    UCHAR byte = kChain;
    for (int shift = 21; (byte & kChain) != 0; shift -= 7) {
      if (!metadata_.Get(&byte)) return false;
      if (shift >= 0) *tags |= static_cast<ULONG>(byte & 0x7f) << shift;
    }
    return true;
  }

  bool ReadDescription(Description* field) {
    if (!metadata_.GetText(&field->name) || !metadata_.Get(&field->in)) return false;
    if ((field->in & kChain) != 0) {
      if (!metadata_.Get(&field->out)) return false;
      ULONG tags = 0;
      if ((field->out & kChain) != 0 && !ReadTags(&tags)) return false;
      field->out &= 0x7f;
    }
    const UCHAR counted = field->in & kCountMask;
    if (counted == kConstantCount || counted == kCustom) {
      if (!metadata_.Get(&field->count)) return false;
      if (counted == kCustom && !metadata_.Skip(field->count)) return false;
    }
    return true;
  }

  /// One value; of a structure the fields that follow in the metadata.
  void ReadOne(const Description& description, Field* field, ULONG depth) {
    if (++values_ > kMostValues) defect_ = "the event has too many values";
    field->type = TypeName(description.in & kTypeMask);
    if ((description.in & kTypeMask) != kStruct) {
      if (!ReadValue(description.in & kTypeMask, description.out, &payload_, field)) defect_ = "the event's data ends in " + field->name;
      return;
    }
    field->kind = Field::Kind::Struct;
    if (depth >= kDeepest) defect_ = "structures are nested too deep";
    for (UCHAR i = 0; i < description.out && defect_.empty(); ++i) ReadField(&field->members, depth + 1);
  }

  void ReadArray(const Description& description, USHORT count, Field* field, ULONG depth) {
    const SIZE_T members_at = metadata_.position();
    for (USHORT i = 0; i < count && defect_.empty(); ++i) {
      // Each element of an array of structures is described by the same metadata.
      metadata_.Seek(members_at);
      Field element;
      element.name = field->name;
      ReadOne(description, &element, depth);
      field->members.push_back(std::move(element));
    }
    if (count == 0 && (description.in & kTypeMask) == kStruct) SkipMembers(description.out, depth);
    field->kind = Field::Kind::Array;
    field->type = std::string(TypeName(description.in & kTypeMask)) + "[]";
  }

  /// The descriptions of an empty array's structure.
  void SkipMembers(UCHAR count, ULONG depth) {
    if (depth >= kDeepest) defect_ = "structures are nested too deep";
    for (UCHAR i = 0; i < count && defect_.empty(); ++i) {
      Description member;
      if (!ReadDescription(&member)) defect_ = "the event's metadata ends within a field";
      if ((member.in & kTypeMask) == kStruct) SkipMembers(member.out, depth + 1);
    }
  }

  void ReadField(std::vector<Field>* fields, ULONG depth) {
    Description description;
    if (!ReadDescription(&description)) {
      defect_ = "the event's metadata ends within a field";
      return;
    }
    Field field;
    field.name = description.name;
    USHORT count = description.count;
    switch (description.in & kCountMask) {
      case kVariableCount:
        if (!payload_.Get(&count)) defect_ = "the event's data ends in " + field.name;
        [[fallthrough]];
      case kConstantCount:
        if (defect_.empty()) ReadArray(description, count, &field, depth);
        break;
      case kCustom:
        if (!ReadCustom(&payload_, &field)) defect_ = "the event's data ends in " + field.name;
        break;
      default:
        ReadOne(description, &field, depth);
    }
    fields->push_back(std::move(field));
  }

  Reader metadata_;
  Reader payload_;
  ULONG values_ = 0;
  std::string defect_;
};

}  // namespace

Decoded Decode(std::span<const UCHAR> metadata, std::span<const UCHAR> payload) { return Decoder(metadata, payload).Run(); }

}  // namespace nt::etw
