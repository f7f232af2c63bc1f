# Breakpoints that are exports: frameless, Microsoft convention.

    .section ki_leaf, "ax", @progbits

    .globl DbgBreakPoint
    .globl DbgBreakPointWithStatus
DbgBreakPoint:                  # VOID ()
DbgBreakPointWithStatus:        # VOID (ULONG Status): a debugger reads it in ecx
    int3
    ret

    .section .note.GNU-stack, "", @progbits
