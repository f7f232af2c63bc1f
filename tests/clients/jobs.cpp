// Jobs: who is in them, what they count, which limits hold, and their end.
#include <windows.h>

#include <cstdlib>
#include <cstring>

#include "expect.h"

namespace {

bool Start(const wchar_t* arguments, PROCESS_INFORMATION* made, DWORD flags = 0) {
  wchar_t line[128];
  swprintf(line, 128, L"client_jobs.exe %ls", arguments);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  return CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, flags, nullptr, nullptr, &startup, made) != 0;
}

DWORD End(const PROCESS_INFORMATION& made, DWORD wait = INFINITE) {
  DWORD code = 0;
  WaitForSingleObject(made.hProcess, wait);
  GetExitCodeProcess(made.hProcess, &code);
  CloseHandle(made.hThread);
  CloseHandle(made.hProcess);
  return code;
}

JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Account(HANDLE job) {
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION information{};
  DWORD length = 0;
  EXPECT(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &information, sizeof information, &length));
  EXPECT_EQ(length, sizeof information);
  return information;
}

bool Limit(HANDLE job, DWORD flags, DWORD active = 0, DWORD priority = 0) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = flags;
  limits.BasicLimitInformation.ActiveProcessLimit = active;
  limits.BasicLimitInformation.PriorityClass = priority;
  return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits) != 0;
}

void Membership() {
  const HANDLE job = CreateJobObjectW(nullptr, L"ClientJob");
  EXPECT(job != nullptr && GetLastError() == 0);
  const HANDLE again = CreateJobObjectA(nullptr, "ClientJob");
  EXPECT(again != nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
  CloseHandle(again);
  const HANDLE query = OpenJobObjectW(JOB_OBJECT_QUERY, FALSE, L"ClientJob");
  EXPECT(query != nullptr);
  EXPECT(OpenJobObjectW(JOB_OBJECT_QUERY, FALSE, L"ClientNoJob") == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
  BOOL in = TRUE;
  EXPECT(IsProcessInJob(GetCurrentProcess(), nullptr, &in) && !in);
  EXPECT(IsProcessInJob(GetCurrentProcess(), job, &in) && !in);
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION own;
  EXPECT(!QueryInformationJobObject(nullptr, JobObjectBasicAccountingInformation, &own, sizeof own, nullptr));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  PROCESS_INFORMATION made;
  EXPECT(Start(L"sleep", &made, CREATE_SUSPENDED));
  EXPECT(!AssignProcessToJobObject(query, made.hProcess));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(AssignProcessToJobObject(job, made.hProcess));
  EXPECT(!AssignProcessToJobObject(job, made.hProcess));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(IsProcessInJob(made.hProcess, job, &in) && in);
  EXPECT(IsProcessInJob(made.hProcess, nullptr, &in) && in);
  EXPECT_EQ(Account(query).ActiveProcesses, 1);
  ULONG_PTR room[4] = {};
  auto* const list = reinterpret_cast<JOBOBJECT_BASIC_PROCESS_ID_LIST*>(room);
  DWORD length = 0;
  EXPECT(QueryInformationJobObject(query, JobObjectBasicProcessIdList, list, sizeof room, &length));
  EXPECT(list->NumberOfAssignedProcesses == 1 && list->NumberOfProcessIdsInList == 1 && list->ProcessIdList[0] == made.dwProcessId);
  EXPECT(!QueryInformationJobObject(query, JobObjectBasicProcessIdList, list, 8, &length));
  EXPECT_EQ(GetLastError(), ERROR_BAD_LENGTH);
  PROCESS_INFORMATION second;
  EXPECT(Start(L"sleep", &second, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(job, second.hProcess));
  EXPECT(!QueryInformationJobObject(query, JobObjectBasicProcessIdList, list, sizeof *list, &length));
  EXPECT_EQ(GetLastError(), ERROR_MORE_DATA);
  EXPECT(list->NumberOfAssignedProcesses == 2 && list->NumberOfProcessIdsInList == 1);
  EXPECT(!TerminateJobObject(query, 5));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(TerminateJobObject(job, 55));
  EXPECT_EQ(End(made), 55);
  EXPECT_EQ(End(second), 55);
  const auto account = Account(job);
  EXPECT(account.TotalProcesses == 2 && account.ActiveProcesses == 0 && account.TotalTerminatedProcesses == 0);
  CloseHandle(query);
  CloseHandle(job);
}

void Lengths() {
  const HANDLE job = CreateJobObjectW(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  EXPECT(!QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits - 1, nullptr));
  EXPECT_EQ(GetLastError(), ERROR_BAD_LENGTH);
  EXPECT(!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits - 1));
  EXPECT_EQ(GetLastError(), ERROR_BAD_LENGTH);
  EXPECT(!QueryInformationJobObject(job, static_cast<JOBOBJECTINFOCLASS>(99), &limits, sizeof limits, nullptr));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  limits.BasicLimitInformation.LimitFlags = 0x80000000;
  EXPECT(!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  EXPECT(!SetInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof limits.BasicLimitInformation));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(Limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_PRIORITY_CLASS, 7, 0x40));
  EXPECT(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits, nullptr));
  EXPECT_EQ(limits.BasicLimitInformation.LimitFlags, 0x828);
  EXPECT(limits.BasicLimitInformation.ActiveProcessLimit == 7 && limits.BasicLimitInformation.PriorityClass == IDLE_PRIORITY_CLASS);
  JOBOBJECT_BASIC_LIMIT_INFORMATION basic{};
  EXPECT(QueryInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof basic, nullptr));
  EXPECT_EQ(basic.LimitFlags, 0x28);
  CloseHandle(job);
}

void Limits() {
  // One process and no more: children are refused, and so is who is assigned, who ends of it.
  const HANDLE job = CreateJobObjectW(nullptr, nullptr);
  EXPECT(Limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_PRIORITY_CLASS, 1, BELOW_NORMAL_PRIORITY_CLASS));
  PROCESS_INFORMATION made, other;
  EXPECT(Start(L"child", &made, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(job, made.hProcess));
  EXPECT_EQ(GetPriorityClass(made.hProcess), BELOW_NORMAL_PRIORITY_CLASS);
  EXPECT(Start(L"sleep", &other, CREATE_SUSPENDED));
  EXPECT(!AssignProcessToJobObject(job, other.hProcess));
  EXPECT_EQ(GetLastError(), ERROR_NOT_ENOUGH_QUOTA);
  EXPECT_EQ(End(other), 0xC0000044);
  ResumeThread(made.hThread);
  EXPECT_EQ(End(made), ERROR_NOT_ENOUGH_QUOTA);
  const auto account = Account(job);
  EXPECT(account.TotalProcesses == 1 && account.ActiveProcesses == 0 && account.TotalTerminatedProcesses == 1);
  CloseHandle(job);

  // Children join their parent's job, unless it lets them break away.
  const HANDLE open = CreateJobObjectW(nullptr, nullptr);
  EXPECT(Start(L"child", &made, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(open, made.hProcess));
  ResumeThread(made.hThread);
  EXPECT_EQ(End(made), 1);
  EXPECT_EQ(Account(open).TotalProcesses, 2);
  EXPECT(Start(L"away", &made, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(open, made.hProcess));
  ResumeThread(made.hThread);
  EXPECT_EQ(End(made), ERROR_ACCESS_DENIED);
  EXPECT(Limit(open, JOB_OBJECT_LIMIT_BREAKAWAY_OK));
  EXPECT(Start(L"away", &made, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(open, made.hProcess));
  ResumeThread(made.hThread);
  EXPECT_EQ(End(made), 0);
  EXPECT(Limit(open, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK));
  EXPECT(Start(L"child", &made, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(open, made.hProcess));
  ResumeThread(made.hThread);
  EXPECT_EQ(End(made), 0);
  CloseHandle(open);
}

void Nested() {
  const HANDLE outer = CreateJobObjectW(nullptr, nullptr), inner = CreateJobObjectW(nullptr, nullptr);
  PROCESS_INFORMATION made;
  EXPECT(Start(L"sleep", &made, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(outer, made.hProcess));
  EXPECT(AssignProcessToJobObject(inner, made.hProcess));
  BOOL in = FALSE;
  EXPECT(IsProcessInJob(made.hProcess, outer, &in) && in);
  EXPECT(IsProcessInJob(made.hProcess, inner, &in) && in);
  EXPECT(Account(outer).ActiveProcesses == 1 && Account(inner).ActiveProcesses == 1);
  // Who joins the inner one is in the outer one as well.
  PROCESS_INFORMATION second;
  EXPECT(Start(L"sleep", &second, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(inner, second.hProcess));
  EXPECT(IsProcessInJob(second.hProcess, outer, &in) && in);
  EXPECT(TerminateJobObject(outer, 3));
  EXPECT_EQ(End(made), 3);
  EXPECT_EQ(End(second), 3);
  CloseHandle(inner);
  CloseHandle(outer);
}

void ClosedAndTold() {
  const HANDLE job = CreateJobObjectW(nullptr, nullptr);
  const HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  JOBOBJECT_ASSOCIATE_COMPLETION_PORT told = {reinterpret_cast<void*>(77), port};
  EXPECT(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &told, sizeof told));
  EXPECT(Limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE));
  PROCESS_INFORMATION made, second;
  EXPECT(Start(L"exit", &made, CREATE_SUSPENDED) && Start(L"sleep", &second, CREATE_SUSPENDED));
  EXPECT(AssignProcessToJobObject(job, made.hProcess));
  const auto message = [&](DWORD expected, DWORD process) {
    DWORD number = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED id = nullptr;
    EXPECT(GetQueuedCompletionStatus(port, &number, &key, &id, 5000));
    EXPECT_EQ(number, expected);
    EXPECT_EQ(key, 77);
    EXPECT_EQ(reinterpret_cast<ULONG_PTR>(id), process);
  };
  message(JOB_OBJECT_MSG_NEW_PROCESS, made.dwProcessId);
  ResumeThread(made.hThread);
  const DWORD first = made.dwProcessId;
  EXPECT_EQ(End(made), 21);
  message(JOB_OBJECT_MSG_EXIT_PROCESS, first);
  message(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
  EXPECT(AssignProcessToJobObject(job, second.hProcess));
  message(JOB_OBJECT_MSG_NEW_PROCESS, second.dwProcessId);
  CloseHandle(job);
  EXPECT_EQ(WaitForSingleObject(second.hProcess, 5000), WAIT_OBJECT_0);
  EXPECT_EQ(End(second), 0);
  CloseHandle(port);
}

int Child(const char* what) {
  if (std::strcmp(what, "sleep") == 0) Sleep(INFINITE);
  if (std::strcmp(what, "in") == 0) {
    BOOL in = FALSE;
    IsProcessInJob(GetCurrentProcess(), nullptr, &in);
    return in;
  }
  if (std::strcmp(what, "exit") == 0) return 21;
  PROCESS_INFORMATION made;
  if (!Start(L"in", &made, std::strcmp(what, "away") == 0 ? CREATE_BREAKAWAY_FROM_JOB : 0)) return static_cast<int>(GetLastError());
  return static_cast<int>(End(made));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return Child(argv[1]);
  Membership();
  Lengths();
  Limits();
  Nested();
  ClosedAndTold();
  return Verdict();
}
