# __chkstk, which compilers call before a function takes a frame of a page or more: RAX is the size, and all registers stay. Kernel
# stacks do not grow, so that nothing must be touched page by page: the far end tells whether the frame fits.

    .section ki_leaf, "ax", @progbits

    .globl KiCheckStack
KiCheckStack:
    neg %rax
    testb $0, (%rsp,%rax)
    neg %rax
    ret

    .section .note.GNU-stack, "", @progbits
