#include "kernel/io/information_rules.h"

#include <algorithm>
#include <iterator>

#include "nt/io.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kRename = sizeof(FILE_RENAME_INFORMATION);

constexpr InformationRule kQuery[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0},
    {FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0},
    {FileEaInformation, sizeof(ULONG), 0},
    {FileAccessInformation, sizeof(ULONG), 0},
    {FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileModeInformation, sizeof(ULONG), 0},
    {FileAlignmentInformation, sizeof(ULONG), 0},
    {FileAllInformation, sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileAlternateNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FileStreamInformation, sizeof(FILE_STREAM_INFORMATION), 0},
    {FilePipeInformation, 0x8, FILE_READ_ATTRIBUTES},
    {FilePipeLocalInformation, 0x28, FILE_READ_ATTRIBUTES},
    {FilePipeRemoteInformation, 0x10, FILE_READ_ATTRIBUTES},
    {FileMailslotQueryInformation, 0x18, 0},
    {FileCompressionInformation, 0x10, 0},
    {FileObjectIdInformation, 0x40, 0},
    {FileNetworkOpenInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileIoCompletionNotificationInformation, sizeof(ULONG), 0},
    {FileIoPriorityHintInformation, sizeof(ULONG), FILE_READ_DATA},
    {FileHardLinkInformation, 0x28, 0},
    {FileProcessIdsUsingFileInformation, 0x10, FILE_READ_ATTRIBUTES},
    {FileNormalizedNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FileIsRemoteDeviceInformation, sizeof(BOOLEAN), 0},
    {FileStandardLinkInformation, 0xc, FILE_READ_ATTRIBUTES},
    {FileVolumeNameInformation, 0x8, 0},
    {FileIdInformation, sizeof(FILE_ID_INFORMATION), 0},
    {FileStatInformation, sizeof(FILE_STAT_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileCaseSensitiveInformation, sizeof(ULONG), FILE_READ_ATTRIBUTES},
};

constexpr InformationRule kSet[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FileRenameInformation, kRename, DELETE_ACCESS},
    {FileLinkInformation, kRename, 0},
    {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFORMATION), DELETE_ACCESS},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileModeInformation, sizeof(ULONG), 0},
    {FileAllocationInformation, sizeof(LARGE_INTEGER), FILE_WRITE_DATA},
    {FileEndOfFileInformation, sizeof(LARGE_INTEGER), FILE_WRITE_DATA},
    {FilePipeInformation, 0x8, FILE_WRITE_ATTRIBUTES},
    {FilePipeRemoteInformation, 0x10, FILE_WRITE_ATTRIBUTES},
    {FileMailslotSetInformation, 0x8, 0},
    {FileObjectIdInformation, 0x40, 0},
    {FileCompletionInformation, sizeof(FILE_COMPLETION_INFORMATION), 0},
    {FileValidDataLengthInformation, sizeof(LARGE_INTEGER), FILE_WRITE_DATA},
    {FileShortNameInformation, sizeof(FILE_NAME_INFORMATION), DELETE_ACCESS},
    {FileIoCompletionNotificationInformation, sizeof(ULONG), 0},
    {FileIoPriorityHintInformation, sizeof(ULONG), FILE_READ_DATA},
    {FileReplaceCompletionInformation, sizeof(FILE_COMPLETION_INFORMATION), 0},
    {FileDispositionInformationEx, sizeof(ULONG), DELETE_ACCESS},
    {FileRenameInformationEx, kRename, DELETE_ACCESS},
    {FileCaseSensitiveInformation, sizeof(ULONG), FILE_WRITE_ATTRIBUTES},
    {FileLinkInformationEx, kRename, 0},
};

constexpr InformationRule kQueryVolume[] = {
    {FileFsVolumeInformation, sizeof(FILE_FS_VOLUME_INFORMATION), 0},
    {FileFsSizeInformation, sizeof(FILE_FS_SIZE_INFORMATION), 0},
    {FileFsDeviceInformation, sizeof(FILE_FS_DEVICE_INFORMATION), 0},
    {FileFsAttributeInformation, sizeof(FILE_FS_ATTRIBUTE_INFORMATION), 0},
    {FileFsControlInformation, 0x30, FILE_READ_DATA},
    {FileFsFullSizeInformation, sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0},
    {FileFsObjectIdInformation, 0x40, 0},
    {FileFsDriverPathInformation, 0xc, FILE_READ_DATA},
    {FileFsSectorSizeInformation, sizeof(FILE_FS_SECTOR_SIZE_INFORMATION), 0},
};

constexpr InformationRule kSetVolume[] = {
    {FileFsLabelInformation, 0x8, FILE_WRITE_DATA},
    {FileFsControlInformation, 0x30, FILE_WRITE_DATA},
    {FileFsObjectIdInformation, 0x40, FILE_WRITE_DATA},
};

template <std::size_t N>
const InformationRule* Find(const InformationRule (&rules)[N], ULONG information_class) {
  const auto* const found = std::ranges::find(rules, information_class, &InformationRule::information_class);
  return found != std::end(rules) ? found : nullptr;
}

NTSTATUS Check(const InformationRule* rule, ULONG length) {
  if (rule == nullptr) return STATUS_INVALID_INFO_CLASS;
  return length < rule->length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

}  // namespace

const InformationRule* QueryRule(ULONG information_class) { return Find(kQuery, information_class); }
const InformationRule* SetRule(ULONG information_class) { return Find(kSet, information_class); }
const InformationRule* QueryVolumeRule(ULONG information_class) { return Find(kQueryVolume, information_class); }
const InformationRule* SetVolumeRule(ULONG information_class) { return Find(kSetVolume, information_class); }

}  // namespace nt::io

using namespace nt::io;

extern "C" {

NTSTATUS IoCheckQuerySetFileInformation(ULONG FileInformationClass, ULONG Length, BOOLEAN SetOperation) {
  return Check(SetOperation != FALSE ? SetRule(FileInformationClass) : QueryRule(FileInformationClass), Length);
}

NTSTATUS IoCheckQuerySetVolumeInformation(ULONG FsInformationClass, ULONG Length, BOOLEAN SetOperation) {
  return Check(SetOperation != FALSE ? SetVolumeRule(FsInformationClass) : QueryVolumeRule(FsInformationClass), Length);
}

}  // extern "C"
