# Interlocked stacks. Host code is never interrupted by another processor or thread, so plain steps are atomic to all who use them.
# Microsoft convention and frameless, like all leaves: a fault on a bad list is unwound into the driver that gave it.
# SLIST_HEADER: depth (16 bits) and sequence (48) at 0; at 8 four reserved bits and the first entry's address, which is a multiple of 16.

    .section ki_leaf, "ax", @progbits

# VOID InitializeSListHead(PSLIST_HEADER ListHead)
    .globl InitializeSListHead
    .type InitializeSListHead, @function
    .p2align 4
InitializeSListHead:
    xor %eax, %eax
    mov %rax, (%rcx)
    mov %rax, 8(%rcx)
    ret

# PSLIST_ENTRY FirstEntrySList(const SLIST_HEADER* ListHead)
    .globl FirstEntrySList
    .type FirstEntrySList, @function
    .p2align 4
FirstEntrySList:
    mov 8(%rcx), %rax
    and $-16, %rax
    ret

# PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
    .globl ExpInterlockedPopEntrySList
    .type ExpInterlockedPopEntrySList, @function
    .p2align 4
ExpInterlockedPopEntrySList:
    mov 8(%rcx), %rdx
    mov %rdx, %rax
    and $-16, %rax
    jz 1f
    and $15, %edx
    or (%rax), %rdx             # the next entry
    mov (%rcx), %r8
    dec %r8w
    mov %rdx, 8(%rcx)
    mov %r8, (%rcx)
1:  ret

# PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
    .globl ExpInterlockedPushEntrySList
    .type ExpInterlockedPushEntrySList, @function
    .p2align 4
ExpInterlockedPushEntrySList:
    mov 8(%rcx), %r8
    mov %r8, %rax
    and $-16, %rax
    mov %rax, (%rdx)
    and $15, %r8d
    or %rdx, %r8
    mov (%rcx), %r9
    inc %r9w
    add $0x10000, %r9           # the sequence
    mov %r8, 8(%rcx)
    mov %r9, (%rcx)
    ret

# PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
    .globl ExpInterlockedFlushSList
    .type ExpInterlockedFlushSList, @function
    .p2align 4
ExpInterlockedFlushSList:
    mov 8(%rcx), %rax
    mov %eax, %edx
    and $15, %edx
    and $-16, %rax
    mov %rdx, 8(%rcx)
    movw $0, (%rcx)
    ret

# USHORT ExQueryDepthSList(PSLIST_HEADER ListHead)
    .globl ExQueryDepthSList
    .type ExQueryDepthSList, @function
    .p2align 4
ExQueryDepthSList:
    movzwl (%rcx), %eax
    ret

    .section .note.GNU-stack, "", @progbits
