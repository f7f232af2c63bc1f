# The crossings between PE code and the host: export thunks, callouts, traps, user mode.
# Offsets are those of ThreadHost and ExportRecord (kernel/ke/ki.h, asserted in thunk_layout.cpp).

#define T_RECORDS     0x900
#define T_STACK_TOP   0x908
#define T_IN_USER     0x910
#define T_USER_APC    0x914
#define T_TEB         0x0f0
#define PCR_IRQL      0x50
#define PCR_SWINT     0x54

    .text

# ---- PE code calls an export ----------------------------------------------------------------------------------------------
# eax = index into KiExportTable {target, argument count, kind}. Builds an ExportRecord, moves the arguments into System V places.

    .macro ENTER_EXPORT
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    sub $256, %rsp
    mov %eax, %eax
    mov %rax, %r10
    shl $32, %r10
    or $1, %r10
    mov %r10, 8(%rsp)
    mov 8(%rbp), %r10
    mov %r10, 16(%rsp)
    lea 16(%rbp), %r10
    mov %r10, 24(%rsp)
    mov (%rbp), %r11
    mov %rbx, 32(%rsp)
    mov %r11, 40(%rsp)
    mov %rsi, 48(%rsp)
    mov %rdi, 56(%rsp)
    mov %r12, 64(%rsp)
    mov %r13, 72(%rsp)
    mov %r14, 80(%rsp)
    mov %r15, 88(%rsp)
    movaps %xmm6, 96(%rsp)
    movaps %xmm7, 112(%rsp)
    movaps %xmm8, 128(%rsp)
    movaps %xmm9, 144(%rsp)
    movaps %xmm10, 160(%rsp)
    movaps %xmm11, 176(%rsp)
    movaps %xmm12, 192(%rsp)
    movaps %xmm13, 208(%rsp)
    movaps %xmm14, 224(%rsp)
    movaps %xmm15, 240(%rsp)
    mov KiThread(%rip), %r10
    mov T_RECORDS(%r10), %r11
    mov %r11, (%rsp)
    mov %rsp, T_RECORDS(%r10)
    .endm

    .macro LEAVE_EXPORT
    mov KiThread(%rip), %r10
    mov -256(%rbp), %r11
    mov %r11, T_RECORDS(%r10)
    movaps -160(%rbp), %xmm6
    movaps -144(%rbp), %xmm7
    movaps -128(%rbp), %xmm8
    movaps -112(%rbp), %xmm9
    movaps -96(%rbp), %xmm10
    movaps -80(%rbp), %xmm11
    movaps -64(%rbp), %xmm12
    movaps -48(%rbp), %xmm13
    movaps -32(%rbp), %xmm14
    movaps -16(%rbp), %xmm15
    mov -208(%rbp), %rsi
    mov -200(%rbp), %rdi
    .endm

    # r11 = table entry. Calls a System V target with the Microsoft arguments.
    .macro CALL_SYSV
    mov %rcx, %rdi
    mov %rdx, %rsi
    mov %r8, %rdx
    mov %r9, %rcx
    mov 0x30(%rbp), %r8
    mov 0x38(%rbp), %r9
    mov 8(%r11), %r10d
    sub $6, %r10
    jle 2f
    lea 1(%r10), %rax
    and $-2, %rax
    shl $3, %rax
    sub %rax, %rsp
1:  mov 0x38(%rbp,%r10,8), %rax
    mov %rax, -8(%rsp,%r10,8)
    dec %r10
    jnz 1b
2:  call *(%r11)
    .endm

    # r11 = table entry. Calls a variadic target: the slot after the fixed ones holds the address of the variable ones.
    .macro CALL_VARIADIC
    mov %rcx, 16(%rbp)
    mov %rdx, 24(%rbp)
    mov %r8, 32(%rbp)
    mov %r9, 40(%rbp)
    sub $48, %rsp
    mov 0x30(%rbp), %rax
    mov %rcx, (%rsp)
    mov %rdx, 8(%rsp)
    mov %r8, 16(%rsp)
    mov %r9, 24(%rsp)
    mov %rax, 32(%rsp)
    mov 8(%r11), %r10d
    lea 16(%rbp,%r10,8), %rax
    mov %rax, (%rsp,%r10,8)
    mov (%rsp), %rdi
    mov 8(%rsp), %rsi
    mov 16(%rsp), %rdx
    mov 24(%rsp), %rcx
    mov 32(%rsp), %r8
    mov 40(%rsp), %r9
    call *(%r11)
    .endm

    .globl KiExportThunk
    .type KiExportThunk, @function
KiExportThunk:
    .cfi_startproc
    .cfi_personality 0x9b, DW.ref.KiThunkPersonality
    ENTER_EXPORT
    shl $4, %rax
    mov KiExportTable(%rip), %r11
    add %rax, %r11
    cmpl $0, 12(%r11)
    jne 3f
    CALL_SYSV
4:  LEAVE_EXPORT
    cmpb $0, KiPending(%rip)
    jne 5f
    leave
    .cfi_remember_state
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_restore_state
3:  CALL_VARIADIC
    jmp 4b
5:  lea -256(%rbp), %rsp        # something is due: serve it, keeping the results
    push %rax
    push %rax
    sub $16, %rsp
    movups %xmm0, (%rsp)
    lea -256(%rbp), %rdi
    call KiServicePending
    movups (%rsp), %xmm0
    add $16, %rsp
    pop %rax
    LEAVE_EXPORT
    leave
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size KiExportThunk, . - KiExportThunk

# The same with hooks before and after: tracing, virtual time, fault injection.
    .globl KiExportThunkHooked
    .type KiExportThunkHooked, @function
KiExportThunkHooked:
    .cfi_startproc
    .cfi_personality 0x9b, DW.ref.KiThunkPersonality
    ENTER_EXPORT
    mov %rcx, 16(%rbp)
    mov %rdx, 24(%rbp)
    mov %r8, 32(%rbp)
    mov %r9, 40(%rbp)
    sub $80, %rsp
    movups %xmm0, (%rsp)
    movups %xmm1, 16(%rsp)
    movups %xmm2, 32(%rsp)
    movups %xmm3, 48(%rsp)
    mov %rax, 64(%rsp)
    mov %eax, %edi
    lea 16(%rbp), %rsi
    call KiHookEnter
    movups (%rsp), %xmm0
    movups 16(%rsp), %xmm1
    movups 32(%rsp), %xmm2
    movups 48(%rsp), %xmm3
    mov 64(%rsp), %rax
    lea -256(%rbp), %rsp
    mov 16(%rbp), %rcx
    mov 24(%rbp), %rdx
    mov 32(%rbp), %r8
    mov 40(%rbp), %r9
    shl $4, %rax
    mov KiExportTable(%rip), %r11
    add %rax, %r11
    cmpl $1, 12(%r11)
    je 3f
    ja 6f
    CALL_SYSV
4:  lea -256(%rbp), %rsp
    push %rax
    push %rax
    sub $16, %rsp
    movups %xmm0, (%rsp)
    mov -244(%rbp), %edi
    mov %rax, %rsi
    call KiHookLeave
    movups (%rsp), %xmm0
    add $16, %rsp
    pop %rax
    LEAVE_EXPORT
    leave
    .cfi_remember_state
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_restore_state
3:  CALL_VARIADIC
    jmp 4b
6:  LEAVE_EXPORT                # a leaf: it runs in the caller's frame
    mov -244(%rbp), %eax
    shl $4, %rax
    mov KiExportTable(%rip), %r11
    mov (%r11,%rax), %rax
    leave
    .cfi_def_cfa %rsp, 8
    jmp *%rax
    .cfi_endproc
    .size KiExportThunkHooked, . - KiExportThunkHooked

# An export whose caller may be at some IRQL at most. One above it is noticed by the hook, and served nevertheless.
    .macro LIMITED_EXPORT name, irql
    .globl \name
    .type \name, @function
\name:
    cmpb $\irql, %gs:PCR_IRQL
    ja KiExportThunkHooked
    jmp KiExportThunk
    .size \name, . - \name
    .endm

    LIMITED_EXPORT KiExportThunkPassive, 0
    LIMITED_EXPORT KiExportThunkApc, 1
    LIMITED_EXPORT KiExportThunkDispatch, 2

# A call of an import that nothing provides: eax = its index for ldr.
    .globl KiAbsentThunk
    .type KiAbsentThunk, @function
KiAbsentThunk:
    mov %eax, %ecx
    mov KiSlowIndex+16(%rip), %eax
    jmp KiExportThunk
    .size KiAbsentThunk, . - KiAbsentThunk

# A C++ exception reached an export's frame (KiThunkPersonality sent it here): rax = exception object, rbp = the thunk's frame.
    .globl KiExportCatch
    .type KiExportCatch, @function
KiExportCatch:
    .cfi_startproc
    .cfi_undefined rip
    mov %rax, %rdi
    lea -256(%rbp), %rsi
    lea -256(%rbp), %rsp
    call KiCaughtAtExport
    ud2
    .cfi_endproc
    .size KiExportCatch, . - KiExportCatch

# ---- the host calls PE code -----------------------------------------------------------------------------------------------
# ULONG_PTR KiCallPe(CalloutRecord* rdi, routine rsi, const ULONG_PTR arguments[8] rdx)
    .globl KiCallPe
    .type KiCallPe, @function
KiCallPe:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    sub $72, %rsp
    mov %rbp, 16(%rdi)
    mov %rsi, %rax
    mov %rdx, %r10
    mov 56(%rdi), %rcx
    mov %rcx, 64(%rsp)
    mov 32(%r10), %rcx
    mov 40(%r10), %rdx
    mov 48(%r10), %r8
    mov 56(%r10), %r9
    mov %rcx, 32(%rsp)
    mov %rdx, 40(%rsp)
    mov %r8, 48(%rsp)
    mov %r9, 56(%rsp)
    mov (%r10), %rcx
    mov 8(%r10), %rdx
    mov 16(%r10), %r8
    mov 24(%r10), %r9
    cld
    call *%rax
    .globl KiCallPeReturn
KiCallPeReturn:
    lea -40(%rbp), %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size KiCallPe, . - KiCallPe

    .globl KiCallPeUnwound
    .type KiCallPeUnwound, @function
KiCallPeUnwound:                # rdi = CalloutRecord*
    movq $1, 24(%rdi)
    mov 16(%rdi), %rbp
    jmp KiCallPeReturn
    .size KiCallPeUnwound, . - KiCallPeUnwound

# ---- traps ----------------------------------------------------------------------------------------------------------------

    .macro SAVE_EXTENDED        # below rsp, 64-aligned; the host must not inherit the interrupted x87 stack or MXCSR
    sub KiXsaveSize(%rip), %rsp
    and $-64, %rsp
    xor %eax, %eax
    mov %rax, 512(%rsp)
    mov %rax, 520(%rsp)
    mov %rax, 528(%rsp)
    mov %rax, 536(%rsp)
    mov %rax, 544(%rsp)
    mov %rax, 552(%rsp)
    mov %rax, 560(%rsp)
    mov %rax, 568(%rsp)
    mov $-1, %eax
    mov $-1, %edx
    xsavec (%rsp)
    fninit
    ldmxcsr KiDefaultMxcsr(%rip)
    vzeroupper
    .endm

    .macro RESTORE_EXTENDED
    mov $-1, %eax
    mov $-1, %edx
    xrstor (%rsp)
    .endm

# Entered by return from the fault's signal: rdi = EXCEPTION_RECORD*, rsi = CONTEXT*, on the faulting thread's stack.
    .globl KiDispatchEntry
    .type KiDispatchEntry, @function
KiDispatchEntry:
    .cfi_startproc
    .cfi_undefined rip
    mov %rdi, %r12
    mov %rsi, %r13
    cld
    SAVE_EXTENDED
    mov %r12, %rdi
    mov %r13, %rsi
    call KiDispatchTrap         # returns only to continue execution
    RESTORE_EXTENDED
    mov %r13, %rdi
    jmp KiRestoreContext
    .cfi_endproc
    .size KiDispatchEntry, . - KiDispatchEntry

    .globl KiRestoreContext
    .type KiRestoreContext, @function
KiRestoreContext:               # rdi = CONTEXT*: loads everything and goes there
    mov 0x98(%rdi), %rax
    mov 0xf8(%rdi), %rcx
    mov %rcx, -8(%rax)
    mov 0x44(%rdi), %ecx
    mov %rcx, -16(%rax)
    mov 0xb0(%rdi), %rcx
    mov %rcx, -24(%rax)
    ldmxcsr 0x34(%rdi)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movaps 0x1a0+16*\n(%rdi), %xmm\n
    .endr
    mov 0x80(%rdi), %rcx
    mov 0x88(%rdi), %rdx
    mov 0x90(%rdi), %rbx
    mov 0xa0(%rdi), %rbp
    mov 0xa8(%rdi), %rsi
    mov 0xb8(%rdi), %r8
    mov 0xc0(%rdi), %r9
    mov 0xc8(%rdi), %r10
    mov 0xd0(%rdi), %r11
    mov 0xd8(%rdi), %r12
    mov 0xe0(%rdi), %r13
    mov 0xe8(%rdi), %r14
    mov 0xf0(%rdi), %r15
    lea -24(%rax), %rsp
    mov 0x78(%rdi), %rax
    pop %rdi
    popfq
    ret
    .size KiRestoreContext, . - KiRestoreContext

# An interrupt's entry: the interrupted RIP is on top of the stack, and every register is as the interrupted code has it.
    .macro INTERRUPT_ENTRY name, body
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    .cfi_undefined rip
    pushfq
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbp
    mov %rsp, %rbp
    cld
    SAVE_EXTENDED
    call \body
    RESTORE_EXTENDED
    mov %rbp, %rsp
    pop %rbp
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    popfq
    ret
    .cfi_endproc
    .size \name, . - \name
    .endm

# By return from the clock's signal, when it interrupted PE code.
    INTERRUPT_ENTRY KiPreemptEntry, KiPreempted
# Called from the code that took the place of a move to CR8 (cr8_patch.cpp).
    INTERRUPT_ENTRY KiLoweredByMove, KiDeliverLowered

# ---- user mode ------------------------------------------------------------------------------------------------------------
# Figure 1-8 of the book: service number and arguments come in user mode; the kernel runs on the thread's kernel stack with GS = KPCR.
    .globl KiSystemServiceCall
    .type KiSystemServiceCall, @function
KiSystemServiceCall:            # ULONG_PTR (ULONG number, const ULONG_PTR* arguments)
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    push %rbx
    push %r12
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    mov KiThread(%rip), %rbx
    mov KiPcr(%rip), %rax
    wrgsbase %rax
    mov T_STACK_TOP(%rbx), %rsp
    movb $0, T_IN_USER(%rbx)
    call KiSystemServiceDispatch
    movb $1, T_IN_USER(%rbx)
    mov T_TEB(%rbx), %rcx
    wrgsbase %rcx
    lea -16(%rbp), %rsp
    cmpb $0, T_USER_APC(%rbx)
    je 1f
    mov %rax, %r12              # the service's result, kept while the APCs run in user mode
    call KiUserApcDispatch
    mov %r12, %rax
1:
    pop %r12
    pop %rbx
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size KiSystemServiceCall, . - KiSystemServiceCall

    .globl KiRunOnKernelStack
    .type KiRunOnKernelStack, @function
KiRunOnKernelStack:             # void (void (*function)()): an interrupt in user mode
    .cfi_startproc
    push %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    push %rbx
    push %r12
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    mov KiThread(%rip), %rbx
    mov KiPcr(%rip), %rax
    wrgsbase %rax
    mov T_STACK_TOP(%rbx), %rsp
    movb $0, T_IN_USER(%rbx)
    call *%rdi
    movb $1, T_IN_USER(%rbx)
    mov T_TEB(%rbx), %rcx
    wrgsbase %rcx
    lea -16(%rbp), %rsp
    pop %r12
    pop %rbx
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size KiRunOnKernelStack, . - KiRunOnKernelStack

    .globl KiEnterUser
    .type KiEnterUser, @function
KiEnterUser:                    # void (entry rdi, stack rsi, argument rdx, teb rcx): never returns
    .cfi_startproc
    .cfi_undefined rip
    mov KiThread(%rip), %rax
    and $-16, %rsp
    mov %rsp, T_STACK_TOP(%rax)
    movb $1, T_IN_USER(%rax)
    wrgsbase %rcx
    mov %rsi, %rsp
    and $-16, %rsp
    xor %ebp, %ebp
    mov %rdi, %rax
    mov %rdx, %rdi
    call *%rax
    ud2
    .cfi_endproc
    .size KiEnterUser, . - KiEnterUser

# ---- guarded copy ---------------------------------------------------------------------------------------------------------
    .globl KiGuardedCopy, KiGuardedBegin, KiGuardedEnd, KiGuardedFault
    .type KiGuardedCopy, @function
KiGuardedCopy:                  # bool (void* to, const void* from, SIZE_T size)
    mov %rdx, %rcx
KiGuardedBegin:
    rep movsb
KiGuardedEnd:
    mov $1, %eax
    ret
KiGuardedFault:
    xor %eax, %eax
    ret
    .size KiGuardedCopy, . - KiGuardedCopy

# ---- leaves: IRQL and spin locks ------------------------------------------------------------------------------------------
# Frameless, Microsoft convention. KPCR's irql and software_interrupts are at gs:[50h] and gs:[54h].
    .section ki_leaf, "ax", @progbits
    .globl KeGetCurrentIrql
KeGetCurrentIrql:
    movzbl %gs:PCR_IRQL, %eax
    ret

    .globl KfRaiseIrql
KfRaiseIrql:                    # KIRQL (KIRQL NewIrql)
    movzbl %gs:PCR_IRQL, %eax
    cmp %al, %cl
    jb KiLevelMistake
    mov %cl, %gs:PCR_IRQL
    ret

    .globl KeRaiseIrqlToDpcLevel
KeRaiseIrqlToDpcLevel:
    mov $2, %cl
    jmp KfRaiseIrql

    .globl KeRaiseIrqlToSynchLevel
KeRaiseIrqlToSynchLevel:
    mov $12, %cl
    jmp KfRaiseIrql

    .globl KeRaiseIrql
KeRaiseIrql:                    # VOID (KIRQL NewIrql, PKIRQL OldIrql)
    movzbl %gs:PCR_IRQL, %eax
    cmp %al, %cl
    jb KiLevelMistake
    mov %al, (%rdx)
    mov %cl, %gs:PCR_IRQL
    ret

    .globl KeLowerIrql, KfLowerIrql
KeLowerIrql:
KfLowerIrql:                    # VOID (KIRQL NewIrql)
    cmpb %cl, %gs:PCR_IRQL
    jb KiLevelMistake
    mov %cl, %gs:PCR_IRQL
    cmpl $0, %gs:PCR_SWINT
    jne 1f
    ret
1:  mov %gs:PCR_SWINT, %eax     # something waits: for an IRQL as low as this one?
    shr $1, %eax
    shr %cl, %eax
    jnz KiInterruptsDue
    ret

    .globl KeAcquireSpinLockRaiseToDpc
KeAcquireSpinLockRaiseToDpc:    # KIRQL (PKSPIN_LOCK)
    movzbl %gs:PCR_IRQL, %eax
    cmp $2, %al
    ja KiIrqlMistake
    cmpq $0, (%rcx)
    jne KiLockContended
    movb $2, %gs:PCR_IRQL
    mov %gs:0x188, %rdx
    or $1, %rdx
    mov %rdx, (%rcx)
    ret

    .globl KeAcquireSpinLockAtDpcLevel, KefAcquireSpinLockAtDpcLevel
KeAcquireSpinLockAtDpcLevel:
KefAcquireSpinLockAtDpcLevel:   # VOID (PKSPIN_LOCK)
    cmpq $0, (%rcx)
    jne KiLockContended
    mov %gs:0x188, %rdx
    or $1, %rdx
    mov %rdx, (%rcx)
    ret

    .globl KeTryToAcquireSpinLockAtDpcLevel
KeTryToAcquireSpinLockAtDpcLevel:  # BOOLEAN (PKSPIN_LOCK)
    xor %eax, %eax
    cmpq $0, (%rcx)
    jne 1f
    mov %gs:0x188, %rdx
    or $1, %rdx
    mov %rdx, (%rcx)
    mov $1, %eax
1:  ret

    .globl KeReleaseSpinLock
KeReleaseSpinLock:              # VOID (PKSPIN_LOCK, KIRQL NewIrql)
    cmpq $0, (%rcx)
    je KiLockNotOwned
    movq $0, (%rcx)
    mov %edx, %ecx
    jmp KeLowerIrql

    .globl KeReleaseSpinLockFromDpcLevel, KefReleaseSpinLockFromDpcLevel
KeReleaseSpinLockFromDpcLevel:
KefReleaseSpinLockFromDpcLevel: # VOID (PKSPIN_LOCK)
    cmpq $0, (%rcx)
    je KiLockNotOwned
    movq $0, (%rcx)
    ret

# The rare ways on go through the common thunk, under the index of an internal entry.
    .globl KiIrqlMistake, KiInterruptsDue, KiLockContended, KiLockNotOwned
KiLevelMistake:                 # of a KIRQL only the low byte counts
    movzbl %cl, %ecx
KiIrqlMistake:
    mov KiSlowIndex+0(%rip), %eax
    jmp KiExportThunk
KiInterruptsDue:
    mov KiSlowIndex+4(%rip), %eax
    jmp KiExportThunk
KiLockContended:
    mov KiSlowIndex+8(%rip), %eax
    jmp KiExportThunk
KiLockNotOwned:
    mov KiSlowIndex+12(%rip), %eax
    jmp KiExportThunk

    .section .rodata
    .align 4
KiDefaultMxcsr:
    .long 0x1f80

    .section .data.rel.local.DW.ref.KiThunkPersonality, "awG", @progbits, DW.ref.KiThunkPersonality, comdat
    .align 8
    .hidden DW.ref.KiThunkPersonality
    .weak DW.ref.KiThunkPersonality
    .type DW.ref.KiThunkPersonality, @object
    .size DW.ref.KiThunkPersonality, 8
DW.ref.KiThunkPersonality:
    .quad KiThunkPersonality
    .section .note.GNU-stack, "", @progbits
