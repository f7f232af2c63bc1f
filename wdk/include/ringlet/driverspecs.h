// Driver annotations that mingw-w64's driverspecs.h lacks: IRQL, dispatch types, function classes.
//
// They document a contract for a code analyser and expand to nothing.
#pragma once

#define _Dispatch_type_(a)
#define _IRQL_always_function_max_(a)
#define _IRQL_always_function_min_(a)
#define _IRQL_is_cancel_
#define _IRQL_limited_to_(a)
#define _IRQL_uses_cancel_
#define _IRQL_saves_global_(a, b)
#define _IRQL_restores_global_(a, b)
#define _Kernel_clear_do_init_(a)
#define _Kernel_dispatch_type_
#define _Ret_allocates_malloc_mem_
#define _Kernel_float_used_
#define _Never_fails_
#define _Use_cancel_IRQL_
#define _Is_kernel_mode_
#define __drv_declspec(a)
#define __drv_functionClass(a)
#define __drv_sameIRQL
#define __drv_reportError(a)
#define __drv_minIRQL(a)
#define __drv_minFunctionIRQL(a)
#define __drv_maxFunctionIRQL(a)
#define __drv_isCancelIRQL
#define __drv_acquiresExclusiveResource(a)
#define __drv_releasesExclusiveResource(a)
#define __drv_acquiresResource(a)
#define __drv_releasesResource(a)
#define __drv_acquiresExclusiveResourceGlobal(a, b)
#define __drv_releasesExclusiveResourceGlobal(a, b)
#define __drv_acquiresResourceGlobal(a, b)
#define __drv_releasesResourceGlobal(a, b)
#define __drv_acquiresCriticalRegion
#define __drv_releasesCriticalRegion
#define __drv_acquiresCancelSpinLock
#define __drv_releasesCancelSpinLock
#define __drv_mustHold(a)
#define __drv_neverHold(a)
#define __drv_mustHoldGlobal(a, b)
#define __drv_neverHoldGlobal(a, b)
#define __drv_mustHoldCriticalRegion
#define __drv_neverHoldCriticalRegion
#define __drv_mustHoldCancelSpinLock
#define __drv_neverHoldCancelSpinLock
#define __drv_holdsCancelSpinLock()
#define __drv_acquiresPriorityRegion
#define __drv_releasesPriorityRegion
#define __drv_mustHoldPriorityRegion
#define __drv_neverHoldPriorityRegion
#define __drv_ret(a)
#define __drv_fun(a)
#define __drv_and(a, b)
#define __drv_or(a, b)
#define __drv_not(a)
#define __drv_bool
#define __drv_constant
#define __drv_strictType(a, b)
#define __drv_strictTypeMatch(a)
#define __drv_notPointer
#define __drv_isObjectPointer
#define __drv_inTry
#define __drv_notInTry
#define __drv_interlocked
#define __drv_preferredFunction(a, b)
#define __drv_callbackType(a)
#define __drv_innerMustHoldGlobal(a, b)
#define __drv_floatSaved
#define __drv_floatRestored
#define __drv_floatUsed
#define __drv_clearDoInit
#define __drv_completionType(a)
#define __drv_typeBitset(a)
#define __drv_KeywordMacro
#define __drv_defined(a)
#define __drv_unit_internal_mode
#define __drv_Mode_impl(a)
#define __drv_typeConst
#define __drv_typeCond
#define __drv_typeExpr
#define __kernel_entry
#define __prefast_operator_new_throws
#define __prefast_operator_new_null
#define __internal_kernel_code
// The annotation for a variable another thread may change; to the compiler it is a spelling of `volatile` that must vanish.
#define __volatile
