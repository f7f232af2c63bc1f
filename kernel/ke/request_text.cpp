#include "kernel/ke/request_text.h"

#include <iterator>

#include "kernel/ldr/image.h"
#include "nt/io.h"

namespace nt::ke {
namespace {

constexpr const char* kMajorNames[] = {
    "CREATE",
    "CREATE_NAMED_PIPE",
    "CLOSE",
    "READ",
    "WRITE",
    "QUERY_INFORMATION",
    "SET_INFORMATION",
    "QUERY_EA",
    "SET_EA",
    "FLUSH_BUFFERS",
    "QUERY_VOLUME_INFORMATION",
    "SET_VOLUME_INFORMATION",
    "DIRECTORY_CONTROL",
    "FILE_SYSTEM_CONTROL",
    "DEVICE_CONTROL",
    "INTERNAL_DEVICE_CONTROL",
    "SHUTDOWN",
    "LOCK_CONTROL",
    "CLEANUP",
    "CREATE_MAILSLOT",
    "QUERY_SECURITY",
    "SET_SECURITY",
    "POWER",
    "SYSTEM_CONTROL",
    "DEVICE_CHANGE",
    "QUERY_QUOTA",
    "SET_QUOTA",
    "PNP",
};

std::string DescribeRequest(const IRP* irp) {
  if (irp->CurrentLocation > irp->StackCount) return "a request that no driver has";
  const IO_STACK_LOCATION* const stack = irp->Tail.Overlay.CurrentStackLocation;
  const bool known = stack->MajorFunction < std::size(kMajorNames);
  std::string text = std::string("IRP_MJ_") + (known ? kMajorNames[stack->MajorFunction] : "?");
  if (stack->DeviceObject == nullptr) return text;
  const auto start = reinterpret_cast<ULONG_PTR>(stack->DeviceObject->DriverObject->DriverStart);
  const ldr::Image* const image = ldr::ImageOf(start);
  return image != nullptr ? text + ", pending in " + image->name : text;
}

}  // namespace

std::string DescribeRequests(const Thread* thread) {
  std::string text;
  auto* const head = const_cast<LIST_ENTRY*>(&thread->IrpList);
  if (head->Flink == nullptr) return text;
  for (LIST_ENTRY* link = head->Flink; link != head; link = link->Flink) {
    const IRP* const irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);
    text += (text.empty() ? "" : "; ") + DescribeRequest(irp);
  }
  return text;
}

}  // namespace nt::ke
