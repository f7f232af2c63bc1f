// Job objects: processes that are counted, limited and ended together.
#include "kernel/ps/job.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernel/ob/services.h"
#include "kernel/ps/caller.h"
#include "kernel/ps/priority.h"
#include "nt/job.h"
#include "nt/status.h"

extern "C" {
NTSTATUS IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                           BOOLEAN Quota);
}

namespace nt::ps {

/// A job. Jobs nest: what one says holds for the processes of those below it.
struct Job {
  KEVENT event;  ///< set when the limit of the job's time ends it; what waits for the job waits for
  Job* parent;   ///< referenced; null: none
  std::vector<Process*>* members;
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  ULONG ui_restrictions;
  ULONG processes, terminated;      ///< ever assigned; ended for a limit's sake
  LONGLONG kernel_time, user_time;  ///< of members that have ended
  IO_COUNTERS io;                   ///< likewise
  PVOID port;                       ///< referenced; null: none
  PVOID port_key;
};

namespace {

POBJECT_TYPE job_type;

void Tell(const Job* job, ULONG message, HANDLE process) {
  if (job->port != nullptr) IoSetIoCompletion(job->port, job->port_key, process, STATUS_SUCCESS, message, FALSE);
}

bool Has(const Job* job, ULONG limit) { return (job->limits.BasicLimitInformation.LimitFlags & limit) != 0; }

/// Whether a process's job is this one, or one below it; null: whether it has one.
bool IsIn(const Process* process, const Job* job) {
  const Job* at = process->host.job;
  while (at != nullptr && job != nullptr && at != job) at = at->parent;
  return at != nullptr;
}

void Terminate(Process* process, NTSTATUS status) {
  if (process->host.exiting) return;
  process->ExitStatus = status;
  process->host.exiting = true;
  for (PETHREAD thread : Threads(process)) TerminateThread(static_cast<ke::Thread*>(thread), status);
}

/// Ends all members of a job, the caller at his way to user mode.
void TerminateAll(const Job* job, NTSTATUS status) {
  const std::vector<Process*> members = *job->members;
  for (Process* process : members) Terminate(process, status);
}

bool IsFull(const Job* job) {
  return Has(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS) && job->members->size() >= job->limits.BasicLimitInformation.ActiveProcessLimit;
}

/// Adds a process that is in the job's parent already, or in none.
void Add(Process* process, Job* job) {
  ObfReferenceObject(job);
  if (process->host.job != nullptr) ObfDereferenceObject(process->host.job);
  Job* const known = std::exchange(process->host.job, job);
  for (Job* at = job; at != nullptr && at != known; at = at->parent) {
    at->members->push_back(process);
    ++at->processes;
    if (Has(at, JOB_OBJECT_LIMIT_PRIORITY_CLASS))
      ChangePriorityClass(process, static_cast<UCHAR>(at->limits.BasicLimitInformation.PriorityClass));
    Tell(at, JOB_OBJECT_MSG_NEW_PROCESS, process->UniqueProcessId);
  }
}

/// The job whose limit keeps a process from joining `job`; null: none does.
Job* FullAbove(Job* job, const Job* known) {
  for (Job* at = job; at != nullptr && at != known; at = at->parent) {
    if (IsFull(at)) return at;
  }
  return nullptr;
}

NTSTATUS Assign(Process* process, Job* job) {
  if (process->host.exiting) return STATUS_PROCESS_IS_TERMINATING;
  Job* const known = process->host.job;
  if (known != nullptr && (IsIn(process, job) || job->parent != known)) {
    // Below the process's job comes another only as long as nobody is in it.
    if (IsIn(process, job) || job->parent != nullptr || !job->members->empty()) return STATUS_ACCESS_DENIED;
    ObfReferenceObject(known);
    job->parent = known;
  }
  if (Job* const full = FullAbove(job, known); full != nullptr) {
    Tell(full, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, nullptr);
    ++full->terminated;
    Terminate(process, STATUS_QUOTA_EXCEEDED);
    return STATUS_QUOTA_EXCEEDED;
  }
  Add(process, job);
  return STATUS_SUCCESS;
}

void CloseJob(PEPROCESS /*process*/, PVOID object, ACCESS_MASK /*access*/, LONGLONG /*process_handles*/, LONGLONG system_handles) {
  const auto* const job = static_cast<const Job*>(object);
  if (system_handles == 1 && Has(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)) TerminateAll(job, STATUS_SUCCESS);
}

void DestroyJob(PVOID object) {
  auto* const job = static_cast<Job*>(object);
  delete job->members;
  if (job->port != nullptr) ObfDereferenceObject(job->port);
  if (job->parent != nullptr) ObfDereferenceObject(job->parent);
}

// ---- what is told --------------------------------------------------------------------------------------------------------------

void AddCounters(IO_COUNTERS* sum, const IO_COUNTERS& more) {
  sum->ReadOperationCount += more.ReadOperationCount;
  sum->WriteOperationCount += more.WriteOperationCount;
  sum->OtherOperationCount += more.OtherOperationCount;
  sum->ReadTransferCount += more.ReadTransferCount;
  sum->WriteTransferCount += more.WriteTransferCount;
  sum->OtherTransferCount += more.OtherTransferCount;
}

JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION Account(const Job* job) {
  JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION all{};
  all.IoInfo = job->io;
  LONGLONG kernel = job->kernel_time, user = job->user_time;
  for (Process* process : *job->members) {
    const ProcessorTimes times = TimesOf(process);
    kernel += times.kernel;
    user += times.user;
    AddCounters(&all.IoInfo, process->host.io);
  }
  all.BasicInfo.TotalKernelTime.QuadPart = all.BasicInfo.ThisPeriodTotalKernelTime.QuadPart = kernel;
  all.BasicInfo.TotalUserTime.QuadPart = all.BasicInfo.ThisPeriodTotalUserTime.QuadPart = user;
  all.BasicInfo.TotalProcesses = job->processes;
  all.BasicInfo.ActiveProcesses = static_cast<ULONG>(job->members->size());
  all.BasicInfo.TotalTerminatedProcesses = job->terminated;
  return all;
}

NTSTATUS TellMembers(const Job* job, PVOID buffer, ULONG length, PULONG return_length) {
  constexpr ULONG kHeader = offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
  if (length < sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST)) return STATUS_INFO_LENGTH_MISMATCH;
  const auto all = static_cast<ULONG>(job->members->size());
  const ULONG told = std::min(all, (length - kHeader) / ULONG{sizeof(ULONG_PTR)});
  Answer answer(buffer);
  answer.Add(all);
  answer.Add(told);
  for (ULONG i = 0; i < told; ++i) answer.Add((*job->members)[i]->UniqueProcessId);
  const auto size = static_cast<ULONG>(answer.size());
  NTSTATUS status = StoreBytes(buffer, answer.data(), size);
  if (NT_SUCCESS(status) && return_length != nullptr) status = Store(return_length, size);
  return NT_SUCCESS(status) && told < all ? STATUS_BUFFER_OVERFLOW : status;
}

NTSTATUS TellOf(const Job* job, ULONG number, Answer* answer) {
  switch (number) {
    case JobObjectBasicAccountingInformation:
      answer->Add(Account(job).BasicInfo);
      return STATUS_SUCCESS;
    case JobObjectBasicAndIoAccountingInformation:
      answer->Add(Account(job));
      return STATUS_SUCCESS;
    case JobObjectBasicLimitInformation:
      answer->Add(job->limits.BasicLimitInformation);
      answer->At<JOBOBJECT_BASIC_LIMIT_INFORMATION>(0)->LimitFlags &= JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS;
      return STATUS_SUCCESS;
    case JobObjectExtendedLimitInformation:
      answer->Add(job->limits);
      return STATUS_SUCCESS;
    case JobObjectBasicUIRestrictions:
      answer->Add(job->ui_restrictions);
      return STATUS_SUCCESS;
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS Query(const Job* job, ULONG number, PVOID buffer, ULONG length, PULONG return_length) {
  if (number == JobObjectBasicProcessIdList) return TellMembers(job, buffer, length, return_length);
  Answer answer(buffer);
  NTSTATUS status = TellOf(job, number, &answer);
  if (!NT_SUCCESS(status)) return status;
  if (length != answer.size()) return STATUS_INFO_LENGTH_MISMATCH;
  status = StoreBytes(buffer, answer.data(), answer.size());
  return NT_SUCCESS(status) && return_length != nullptr ? Store(return_length, length) : status;
}

// ---- what is set ---------------------------------------------------------------------------------------------------------------

NTSTATUS SetLimits(Job* job, const JOBOBJECT_EXTENDED_LIMIT_INFORMATION& wanted, ULONG valid) {
  const JOBOBJECT_BASIC_LIMIT_INFORMATION& basic = wanted.BasicLimitInformation;
  if ((basic.LimitFlags & ~valid) != 0) return STATUS_INVALID_PARAMETER;
  if ((basic.LimitFlags & JOB_OBJECT_LIMIT_PRIORITY_CLASS) != 0 &&
      (basic.PriorityClass > 0xff || !IsPriorityClass(static_cast<UCHAR>(basic.PriorityClass))))
    return STATUS_INVALID_PARAMETER;
  const ULONG kept = job->limits.BasicLimitInformation.LimitFlags & ~valid;
  job->limits.BasicLimitInformation = basic;
  job->limits.BasicLimitInformation.LimitFlags |= kept;
  job->limits.ProcessMemoryLimit = wanted.ProcessMemoryLimit;
  job->limits.JobMemoryLimit = wanted.JobMemoryLimit;
  if (!Has(job, JOB_OBJECT_LIMIT_PRIORITY_CLASS)) return STATUS_SUCCESS;
  for (Process* process : *job->members) ChangePriorityClass(process, static_cast<UCHAR>(basic.PriorityClass));
  return STATUS_SUCCESS;
}

/// Messages of what was before go to the port as well.
NTSTATUS SetPort(Job* job, const JOBOBJECT_ASSOCIATE_COMPLETION_PORT& wanted) {
  constexpr ACCESS_MASK kModifyState = 2;
  if (job->port != nullptr) return STATUS_INVALID_PARAMETER;
  PVOID port = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(wanted.CompletionPort, kModifyState, nullptr, ke::PreviousMode(), &port, nullptr);
  if (!NT_SUCCESS(status)) return status;
  if (ob::TypeName(ob::TypeOf(port)) != u"IoCompletion") {
    ObfDereferenceObject(port);
    return STATUS_OBJECT_TYPE_MISMATCH;
  }
  job->port = port;
  job->port_key = wanted.CompletionKey;
  for (Process* process : *job->members) Tell(job, JOB_OBJECT_MSG_NEW_PROCESS, process->UniqueProcessId);
  return STATUS_SUCCESS;
}

ULONG SizeToSet(ULONG number) {
  switch (number) {
    case JobObjectBasicLimitInformation:
      return sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION);
    case JobObjectExtendedLimitInformation:
      return sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION);
    case JobObjectBasicUIRestrictions:
      return sizeof(ULONG);
    case JobObjectAssociateCompletionPortInformation:
      return sizeof(JOBOBJECT_ASSOCIATE_COMPLETION_PORT);
    default:
      return 0;
  }
}

NTSTATUS Apply(Job* job, ULONG number, const UCHAR* value) {
  switch (number) {
    case JobObjectBasicLimitInformation: {
      JOBOBJECT_EXTENDED_LIMIT_INFORMATION wanted = job->limits;
      wanted.BasicLimitInformation = ValueOf<JOBOBJECT_BASIC_LIMIT_INFORMATION>(value);
      return SetLimits(job, wanted, JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS);
    }
    case JobObjectExtendedLimitInformation:
      return SetLimits(job, ValueOf<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>(value), JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS);
    case JobObjectBasicUIRestrictions:
      if ((ValueOf<ULONG>(value) & ~JOB_OBJECT_UI_VALID_FLAGS) != 0) return STATUS_INVALID_PARAMETER;
      job->ui_restrictions = ValueOf<ULONG>(value);
      return STATUS_SUCCESS;
    default:
      return SetPort(job, ValueOf<JOBOBJECT_ASSOCIATE_COMPLETION_PORT>(value));
  }
}

using JobReference = Referenced<Job>;

}  // namespace

void CreateJobType() {
  job_type = ob::CreateType({.name = u"Job",
                             .mapping = {0x20004, 0x2000b, 0x120000, JOB_OBJECT_ALL_ACCESS},
                             .valid_access = JOB_OBJECT_ALL_ACCESS,
                             .secured = true,
                             .dispatcher = true,
                             .close = &CloseJob,
                             .destroy = &DestroyJob});
}

POBJECT_TYPE JobType() { return job_type; }

NTSTATUS JoinJobOfParent(Process* process, PEPROCESS parent, bool break_away) {
  Job* job = ProcessOf(parent)->host.job;
  if (job == nullptr) return STATUS_SUCCESS;
  if (break_away && !Has(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)) return STATUS_ACCESS_DENIED;
  while (job != nullptr && (Has(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK) || (break_away && Has(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK))))
    job = job->parent;
  if (job == nullptr) return STATUS_SUCCESS;
  if (Job* const full = FullAbove(job, nullptr); full != nullptr) {
    Tell(full, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, nullptr);
    return STATUS_QUOTA_EXCEEDED;
  }
  Add(process, job);
  return STATUS_SUCCESS;
}

void LeaveJob(Process* process) {
  const ProcessorTimes times = TimesOf(process);
  for (Job* job = process->host.job; job != nullptr; job = job->parent) {
    if (std::erase(*job->members, process) == 0) continue;
    job->kernel_time += times.kernel;
    job->user_time += times.user;
    AddCounters(&job->io, process->host.io);
    const bool abnormal = (static_cast<ULONG>(process->ExitStatus) >> 30) == 3;
    Tell(job, abnormal ? JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS : JOB_OBJECT_MSG_EXIT_PROCESS, process->UniqueProcessId);
    if (job->members->empty()) Tell(job, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, nullptr);
  }
}

}  // namespace nt::ps

using namespace nt::ps;
namespace ke = nt::ke;
namespace ob = nt::ob;

extern "C" {

NTSTATUS NtCreateJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  PVOID body = nullptr;
  NTSTATUS status = ObCreateObject(ke::PreviousMode(), JobType(), ObjectAttributes, ke::PreviousMode(), nullptr, sizeof(Job), 0, 0, &body);
  if (!NT_SUCCESS(status)) return status;
  auto* const job = static_cast<Job*>(body);
  std::memset(job, 0, sizeof *job);
  KeInitializeEvent(&job->event, NotificationEvent, FALSE);
  job->members = new std::vector<Process*>;
  HANDLE handle = nullptr;
  status = ObInsertObject(job, nullptr, DesiredAccess, 0, nullptr, &handle);
  if (!NT_SUCCESS(status)) return status;
  const NTSTATUS stored = ob::ReturnHandle(JobHandle, handle);
  return NT_SUCCESS(stored) ? status : stored;
}

NTSTATUS NtOpenJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return ob::OpenNamed(JobHandle, DesiredAccess, ObjectAttributes, JobType());
}

NTSTATUS NtAssignProcessToJobObject(HANDLE JobHandle, HANDLE ProcessHandle) {
  JobReference job(JobHandle, JOB_OBJECT_ASSIGN_PROCESS, JobType());
  if (!NT_SUCCESS(job.status())) return job.status();
  ProcessReference process(ProcessHandle, kProcessSetQuota | kProcessTerminate, Ps().process_type);
  return NT_SUCCESS(process.status()) ? Assign(process.get(), job.get()) : process.status();
}

NTSTATUS NtTerminateJobObject(HANDLE JobHandle, NTSTATUS ExitStatus) {
  JobReference job(JobHandle, JOB_OBJECT_TERMINATE, JobType());
  if (NT_SUCCESS(job.status())) TerminateAll(job.get(), ExitStatus);
  return job.status();
}

NTSTATUS NtIsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle) {
  ProcessReference process(ProcessHandle, kProcessQueryLimited, Ps().process_type);
  if (!NT_SUCCESS(process.status())) return process.status();
  if (JobHandle == nullptr) return IsIn(process.get(), nullptr) ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
  JobReference job(JobHandle, JOB_OBJECT_QUERY, JobType());
  if (!NT_SUCCESS(job.status())) return job.status();
  return IsIn(process.get(), job.get()) ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
}

NTSTATUS NtQueryInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
  const NTSTATUS probed = nt::mm::ProbeAnswer(Information, Length, ReturnLength);
  if (!NT_SUCCESS(probed)) return probed;
  if (JobHandle == nullptr) {
    const Job* const own = ProcessOf(ke::CurrentProcess())->host.job;
    return own != nullptr ? Query(own, Class, Information, Length, ReturnLength) : STATUS_ACCESS_DENIED;
  }
  JobReference job(JobHandle, JOB_OBJECT_QUERY, JobType());
  return NT_SUCCESS(job.status()) ? Query(job.get(), Class, Information, Length, ReturnLength) : job.status();
}

NTSTATUS NtSetInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Information, ULONG Length) {
  alignas(16) UCHAR value[sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION)];
  const ULONG size = SizeToSet(Class);
  if (size == 0) return STATUS_INVALID_INFO_CLASS;
  if (Length != size) return STATUS_INFO_LENGTH_MISMATCH;
  const NTSTATUS status = LoadBytes(value, Information, size);
  if (!NT_SUCCESS(status)) return status;
  JobReference job(JobHandle, JOB_OBJECT_SET_ATTRIBUTES, JobType());
  return NT_SUCCESS(job.status()) ? Apply(job.get(), Class, value) : job.status();
}

}  // extern "C"
