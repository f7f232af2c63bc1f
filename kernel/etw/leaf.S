# What events cost while nobody listens: frameless, Microsoft convention. Offsets are those of nt::etw::Slot (registration.h).

#define MATCH_ANY   8
#define MATCH_ALL   16
#define LEVEL       24
#define EVENT_LEVEL 4
#define EVENT_KEYWORD 8

    .section ki_leaf, "ax", @progbits

    .macro FIND none            # rcx = handle; rax = its slot
    lea -1(%rcx), %eax
    cmp EtwpSlotCount(%rip), %eax
    jae \none
    shl $5, %rax
    add EtwpSlots(%rip), %rax
    cmp %rcx, (%rax)
    jne \none
    .endm

    .globl EtwEventEnabled
EtwEventEnabled:                # BOOLEAN (REGHANDLE, PCEVENT_DESCRIPTOR)
    FIND 2f
    mov EVENT_KEYWORD(%rdx), %r8
    movzbl EVENT_LEVEL(%rdx), %edx
    jmp 1f

    .globl EtwProviderEnabled
EtwProviderEnabled:             # BOOLEAN (REGHANDLE, UCHAR Level, ULONGLONG Keyword)
    FIND 2f
    movzbl %dl, %edx
1:  cmp LEVEL(%rax), %edx
    jae 2f
    test %r8, %r8
    je 3f
    test %r8, MATCH_ANY(%rax)
    je 2f
    mov MATCH_ALL(%rax), %r9
    and %r9, %r8
    cmp %r9, %r8
    jne 2f
3:  mov $1, %eax
    ret
2:  xor %eax, %eax
    ret

    .macro WRITE name, index
    .globl \name
\name:
    FIND 2f
    cmpl $0, LEVEL(%rax)
    jne 2f
    xor %eax, %eax
    ret
2:  mov EtwpSlowIndex+4*\index(%rip), %eax
    jmp KiExportThunk
    .endm

    WRITE EtwWrite, 0
    WRITE EtwWriteTransfer, 1
    WRITE EtwWriteEx, 2
    WRITE EtwWriteString, 3

    .section .note.GNU-stack, "", @progbits
