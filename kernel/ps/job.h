// Jobs: what the life of a process tells its job. Private to ps.
#pragma once

#include "kernel/ps/state.h"

namespace nt::ps {

void CreateJobType();
POBJECT_TYPE JobType();
/// A new process joins the job of its parent, unless it may, and is to, break away. STATUS_ACCESS_DENIED, STATUS_QUOTA_EXCEEDED.
NTSTATUS JoinJobOfParent(Process* process, PEPROCESS parent, bool break_away);
/// In the last thread of a process: its job counts it among the ended.
void LeaveJob(Process* process);

}  // namespace nt::ps
