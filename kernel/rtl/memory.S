# memcpy, memmove, memset, memcmp for drivers: Microsoft convention, frameless, volatile registers only, so that a fault inside
# is unwound as a leaf frame into the driver. rcx, rdx, r8 are the parameters.

    .section ki_leaf, "ax", @progbits

# void* Crt_memmove(void* to, const void* from, size_t size); memcpy is the same, as on NT.
    .globl Crt_memcpy, Crt_memmove, Crt_RtlMoveMemory
    .type Crt_memmove, @function
    .p2align 5
Crt_memcpy:
Crt_memmove:
Crt_RtlMoveMemory:
    mov %rcx, %rax
    cmp $16, %r8
    jb .Lmove_small
    cmp $32, %r8
    ja .Lmove_more
    movups (%rdx), %xmm0                # 16..32: both ends, loaded before either is stored
    movups -16(%rdx,%r8), %xmm1
    movups %xmm0, (%rcx)
    movups %xmm1, -16(%rcx,%r8)
    ret
.Lmove_more:
    mov %rcx, %r9
    sub %rdx, %r9
    cmp %r8, %r9                        # unsigned (to - from) < size: to begins inside the source
    jb .Lmove_backward
    cmp $64, %r8
    ja .Lmove_forward
    movups (%rdx), %xmm0                # 33..64
    movups 16(%rdx), %xmm1
    movups -32(%rdx,%r8), %xmm2
    movups -16(%rdx,%r8), %xmm3
    movups %xmm0, (%rcx)
    movups %xmm1, 16(%rcx)
    movups %xmm2, -32(%rcx,%r8)
    movups %xmm3, -16(%rcx,%r8)
    ret
.Lmove_forward:                         # the head, unaligned, then 64 bytes a turn to aligned places, then the tail
    movups (%rdx), %xmm5
    lea (%rcx,%r8), %r10                # ends
    lea (%rdx,%r8), %r11
    movups -16(%r11), %xmm4             # the tail, before the loop can overwrite it
    lea 16(%rcx), %r9
    and $-16, %r9
    sub %rcx, %r9
    add %r9, %rdx
    lea (%rcx,%r9), %r9
    lea -64(%r10), %r8                  # last place where a whole turn fits
    cmp %r8, %r9
    ja 2f
    movups (%rdx), %xmm0
    movups 16(%rdx), %xmm1
    movups 32(%rdx), %xmm2
    movups 48(%rdx), %xmm3
    movups %xmm5, (%rcx)
    jmp 3f
1:  movups (%rdx), %xmm0
    movups 16(%rdx), %xmm1
    movups 32(%rdx), %xmm2
    movups 48(%rdx), %xmm3
3:  movaps %xmm0, (%r9)
    movaps %xmm1, 16(%r9)
    movaps %xmm2, 32(%r9)
    movaps %xmm3, 48(%r9)
    add $64, %rdx
    add $64, %r9
    cmp %r8, %r9
    jbe 1b
    jmp 4f
2:  movups (%rdx), %xmm0
    movups %xmm5, (%rcx)
    movaps %xmm0, (%r9)
    add $16, %rdx
    add $16, %r9
4:  lea -16(%r10), %r8
5:  cmp %r8, %r9
    jae 6f
    movups (%rdx), %xmm0
    movaps %xmm0, (%r9)
    add $16, %rdx
    add $16, %r9
    jmp 5b
6:  movups %xmm4, -16(%r10)
    ret
.Lmove_backward:                        # 32 bytes a turn from the end; the head last, loaded first
    movups (%rdx), %xmm4
    movups 16(%rdx), %xmm5
7:  movups -16(%rdx,%r8), %xmm0
    movups -32(%rdx,%r8), %xmm1
    movups %xmm0, -16(%rcx,%r8)
    movups %xmm1, -32(%rcx,%r8)
    sub $32, %r8
    cmp $32, %r8
    ja 7b
    movups %xmm4, (%rcx)
    movups %xmm5, 16(%rcx)
    ret
.Lmove_small:
    cmp $8, %r8
    jae 8f
    cmp $4, %r8
    jae 4f
    test %r8, %r8
    jz 9f
    movzbl (%rdx), %r9d                 # 1..3: first, middle, last
    mov %r8, %r11
    shr %r11
    movzbl -1(%rdx,%r8), %r10d
    movzbl (%rdx,%r11), %edx
    mov %r9b, (%rcx)
    mov %dl, (%rcx,%r11)
    mov %r10b, -1(%rcx,%r8)
9:  ret
8:  mov (%rdx), %r9
    mov -8(%rdx,%r8), %r10
    mov %r9, (%rcx)
    mov %r10, -8(%rcx,%r8)
    ret
4:  mov (%rdx), %r9d
    mov -4(%rdx,%r8), %r10d
    mov %r9d, (%rcx)
    mov %r10d, -4(%rcx,%r8)
    ret
    .size Crt_memmove, . - Crt_memmove

# void RtlFillMemory(void* to, size_t size, UCHAR value): the value and the size change places.
    .globl Crt_RtlFillMemory, Crt_RtlZeroMemory, Crt_memset
    .type Crt_memset, @function
    .p2align 4
Crt_RtlZeroMemory:
    mov %rdx, %r8
    xor %edx, %edx
    jmp Crt_memset
Crt_RtlFillMemory:
    mov %r8, %r9
    mov %rdx, %r8
    mov %r9, %rdx

# void* Crt_memset(void* to, int value, size_t size)
    .p2align 4
Crt_memset:
    mov %rcx, %rax
    movzbl %dl, %edx
    mov $0x0101010101010101, %r9
    imul %rdx, %r9
    cmp $16, %r8
    jb .Lset_small
    movq %r9, %xmm0
    punpcklqdq %xmm0, %xmm0
    lea -16(%rcx,%r8), %r10             # the last 16 bytes
    movups %xmm0, (%rcx)
    movups %xmm0, (%r10)
    add $16, %rcx
    and $-16, %rcx
    lea -48(%r10), %r11
    cmp %r11, %rcx
    ja 2f
1:  movaps %xmm0, (%rcx)
    movaps %xmm0, 16(%rcx)
    movaps %xmm0, 32(%rcx)
    movaps %xmm0, 48(%rcx)
    add $64, %rcx
    cmp %r11, %rcx
    jbe 1b
2:  cmp %r10, %rcx
    jae 3f
    movaps %xmm0, (%rcx)
    add $16, %rcx
    jmp 2b
3:  ret
.Lset_small:
    cmp $8, %r8
    jae 8f
    cmp $4, %r8
    jae 4f
    test %r8, %r8
    jz 9f
    mov %r8, %r10
    shr %r10
    mov %r9b, (%rcx)
    mov %r9b, (%rcx,%r10)
    mov %r9b, -1(%rcx,%r8)
9:  ret
8:  mov %r9, (%rcx)
    mov %r9, -8(%rcx,%r8)
    ret
4:  mov %r9d, (%rcx)
    mov %r9d, -4(%rcx,%r8)
    ret
    .size Crt_memset, . - Crt_memset

# int Crt_memcmp(const void* first, const void* second, size_t size): -1, 0 or 1.
    .globl Crt_memcmp
    .type Crt_memcmp, @function
    .p2align 4
Crt_memcmp:
    sub $16, %r8
    jb 2f
1:  movups (%rcx), %xmm0
    movups (%rdx), %xmm1
    pcmpeqb %xmm1, %xmm0
    pmovmskb %xmm0, %r9d
    sub $0xffff, %r9d
    jnz 4f
    add $16, %rcx
    add $16, %rdx
    sub $16, %r8
    jae 1b
2:  add $16, %r8                        # 0..15 are left
    jz 5f
3:  movzbl (%rcx), %r9d
    movzbl (%rdx), %r10d
    cmp %r10d, %r9d
    jne 6f
    inc %rcx
    inc %rdx
    dec %r8
    jnz 3b
5:  xor %eax, %eax
    ret
4:  add $0xffff, %r9d                   # a clear bit marks the first difference
    not %r9d
    bsf %r9d, %r9d
    movzbl (%rdx,%r9), %r10d
    movzbl (%rcx,%r9), %r9d
    cmp %r10d, %r9d
6:  sbb %eax, %eax
    or $1, %eax
    ret
    .size Crt_memcmp, . - Crt_memcmp

# SIZE_T Crt_RtlCompareMemory(const void* first, const void* second, SIZE_T size): bytes that are equal before the first difference.
    .globl Crt_RtlCompareMemory
    .type Crt_RtlCompareMemory, @function
    .p2align 4
Crt_RtlCompareMemory:
    xor %eax, %eax
    mov %r8, %r10
    sub $16, %r10                       # last offset where 16 bytes fit
    jb 2f
1:  movups (%rcx,%rax), %xmm0
    movups (%rdx,%rax), %xmm1
    pcmpeqb %xmm1, %xmm0
    pmovmskb %xmm0, %r9d
    xor $0xffff, %r9d
    jnz 4f
    add $16, %rax
    cmp %r10, %rax
    jbe 1b
2:  cmp %r8, %rax
    jae 3f
    mov (%rcx,%rax), %r9b
    cmp (%rdx,%rax), %r9b
    jne 3f
    inc %rax
    jmp 2b
3:  ret
4:  bsf %r9d, %r9d
    add %r9, %rax
    ret
    .size Crt_RtlCompareMemory, . - Crt_RtlCompareMemory

    .section .note.GNU-stack, "", @progbits
