# The stack switch. Returns by `pop; jmp`, which costs a fifth of `ret` here: the return predictor never guesses another stack.
    .text
    .globl HalpSwitchStack
    .type HalpSwitchStack, @function
HalpSwitchStack:                # void (void** save, void* to)
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    sub $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    pop %rcx
    jmp *%rcx
    .size HalpSwitchStack, . - HalpSwitchStack

    .globl HalpFiberStart
    .type HalpFiberStart, @function
HalpFiberStart:                 # first instruction of a fiber: r13 = entry, r12 = argument
    .cfi_startproc
    .cfi_undefined rip
    mov %r12, %rdi
    xor %ebp, %ebp
    call *%r13
    ud2
    .cfi_endproc
    .size HalpFiberStart, . - HalpFiberStart
    .section .note.GNU-stack, "", @progbits
