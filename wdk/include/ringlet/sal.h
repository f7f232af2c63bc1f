// Source annotations (SAL 1 and 2) that mingw-w64's sal.h, specstrings.h and concurrencysal.h lack.
//
// They document a contract for a code analyser and expand to nothing.
#pragma once

// mingw-w64's leaves these two out in C++, for libstdc++'s sake, which drivers do not use.
#undef __in
#undef __out
#define __in
#define __out

#define _Pre_
#define _Pre_valid_
#define _Pre_invalid_
#define _Pre_maybenull_
#define _Pre_null_
#define _Pre_opt_valid_
#define _Pre_z_
#define _Pre_unknown_
#define _Pre_readonly_
#define _Pre_writeonly_
#define _Pre_defensive_
#define _Pre_count_(a)
#define _Pre_cap_(a)
#define _Pre_bytecap_(a)
#define _Pre_bytecount_(a)
#define _Pre_cap_c_(a)
#define _Pre_opt_cap_(a)
#define _Pre_opt_bytecap_(a)
#define _Pre_valid_bytecap_(a)
#define _Pre_opt_valid_bytecap_(a)
#define _Pre_valid_cap_(a)
#define _Pre_opt_count_(a)
#define _Pre_opt_bytecount_(a)
#define _Pre_readable_only_
#define _Pre_writable_only_
#define _Post_valid_
#define _Post_invalid_
#define _Post_null_
#define _Post_notnull_
#define _Post_maybenull_
#define _Post_z_
#define _Post_maybez_
#define _Post_ptr_invalid_
#define _Post_defensive_
#define _Post_count_(a)
#define _Post_bytecount_(a)
#define _Post_cap_(a)
#define _Post_bytecap_(a)
#define _Post_z_count_(a)
#define _Post_z_bytecount_(a)
#define _Prepost_
#define _Prepost_z_
#define _Prepost_valid_
#define _Prepost_opt_valid_
#define _Prepost_opt_z_
#define _Deref_pre_z_
#define _Deref_pre_valid_
#define _Deref_pre_opt_valid_
#define _Deref_pre_maybenull_
#define _Deref_pre_notnull_
#define _Deref_pre_null_
#define _Deref_pre_readonly_
#define _Deref_pre_writeonly_
#define _Deref_pre_cap_(a)
#define _Deref_pre_count_(a)
#define _Deref_pre_bytecap_(a)
#define _Deref_pre_bytecount_(a)
#define _Deref_post_z_
#define _Deref_post_valid_
#define _Deref_post_maybenull_
#define _Deref_post_null_
#define _Deref_post_notnull_
#define _Deref_post_opt_valid_
#define _Deref_post_count_(a)
#define _Deref_post_bytecount_(a)
#define _Deref_post_cap_(a)
#define _Deref_post_bytecap_(a)
#define _Deref_prepost_z_
#define _Deref_prepost_valid_
#define _Deref_prepost_opt_z_
#define _Deref_out_z_
#define _Deref_out_bound_
#define _Deref_out_z_cap_(a)
#define _Deref_inout_z_
#define _Deref_
#define _Deref2_
#define _Notref_
#define _Null_
#define _Notnull_
#define _Maybenull_
#define _Valid_
#define _Notvalid_
#define _Maybevalid_
#define _Readonly_
#define _Notreadonly_
#define _Maybereadonly_
#define _In_bound_
#define _Out_bound_
#define _Ret_bound_
#define _Ret_
#define _Ret_opt_
#define _Ret_z_count_(a)
#define _Ret_count_(a)
#define _Ret_opt_count_(a)
#define _Ret_bytecount_(a)
#define _Ret_opt_bytecount_(a)
#define _Ret_cap_(a)
#define _Ret_opt_cap_(a)
#define _Ret_bytecap_(a)
#define _Ret_opt_bytecap_(a)
#define _Ret_opt_z_
#define _Ret_z_cap_(a)
#define _Ret_writes_bytes_all_(a)
#define _In_function_class_(a)
#define _In_defensive_(a)
#define _Out_defensive_(a)
#define _Inout_defensive_(a)
#define _Out_writes_bytes_all_maybenull_(a)
#define _Readable_ptr_
#define _Unreferenced_parameter_
#define _Satisfies_(a)
#define _Field_
#define _Field_ptr_
#define _Enum_is_bitflag_
#define _Interlocked_operand_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Kernel_clear_do_init_(a)
#define _Kernel_float_restored_
#define _Kernel_float_saved_
#define _Kernel_float_used_
#define _Kernel_acquires_resource_(a)
#define _Kernel_releases_resource_(a)
#define _Kernel_requires_resource_held_(a)
#define _Kernel_requires_resource_not_held_(a)
#define _Kernel_entry_
#define _Kernel_entry_always_
#define _Kernel_IoGetDmaAdapter_
#define _Flag_bits_
#define _Analysis_noreturn_
#define _Analysis_assert_(a)
#define _Translates_last_error_to_HRESULT_
#define __analysis_assert(a)
#define __analysis_hint(a)
#define _Analysis_assume_smart_lock_acquired_(a)
#define _Analysis_assume_smart_lock_released_(a)
#define _Requires_spin_lock_held_(a)
#define _Requires_spin_lock_not_held_(a)
#define _Acquires_spin_lock_(a)
#define _Releases_spin_lock_(a)
#define _Global_critical_region_
#define _Global_interlock_
#define _Global_cancel_spin_lock_
#define _Global_priority_region_
#define __in_z
#define __in_z_opt
#define __out_z
#define __out_z_opt
#define __in_bcount_opt(a)
#define __in_ecount_opt(a)
#define __in_ecount_z_opt(a)
#define __in_bcount_z_opt(a)
#define __out_bcount_opt(a)
#define __out_ecount_opt(a)
#define __out_bcount_part_opt(a, b)
#define __out_ecount_part_opt(a, b)
#define __out_bcount_full_opt(a)
#define __out_ecount_full_opt(a)
#define __out_ecount_z_opt(a)
#define __inout_bcount_opt(a)
#define __inout_ecount_opt(a)
#define __inout_bcount_full_opt(a)
#define __inout_bcount_part_opt(a, b)
#define __inout_z
#define __inout_z_opt
#define __inout_ecount_full_opt(a)
#define __deref_in
#define __deref_in_opt
#define __deref_inout
#define __deref_inout_opt
#define __deref_opt_inout
#define __deref_opt_in
#define __deref_out_z
#define __deref_out_bcount(a)
#define __deref_out_bcount_opt(a)
#define __deref_out_ecount_opt(a)
#define __deref_out_range(a, b)
#define __deref_inout_range(a, b)
#define __deref_in_range(a, b)
#define __deref_opt_out_opt
#define __deref_out_bcount_full(a)
#define __deref_out_bcount_part(a, b)
#define __deref_out_ecount_full(a)
#define __deref_out_ecount_part(a, b)
#define __in_range(a, b)
#define __out_range(a, b)
#define __in_data_source(a)
#define __in_xcount(a)
#define __out_xcount(a)
#define __out_data_source(a)
#define __nullterminated
#define __nullnullterminated
#define __possibly_notnullterminated
#define __reserved
#define __success(a)
#define __on_failure(a)
#define __typefix(a)
#define __override
#define __callback
#define __format_string
#define __blocksOn(a)
#define __control_entrypoint(a)
#define __data_entrypoint(a)
#define __field_bcount(a)
#define __field_ecount(a)
#define __field_bcount_opt(a)
#define __field_ecount_opt(a)
#define __field_bcount_part(a, b)
#define __field_ecount_part(a, b)
#define __field_bcount_full(a)
#define __field_ecount_full(a)
#define __field_range(a, b)
#define __field_xcount(a)
#define __struct_bcount(a)
#define __struct_xcount(a)
#define __post_invalid
#define __post
#define __pre
#define __valid
#define __notvalid
#define __maybevalid
#define __notnull
#define __maybenull
#define __exceptthat
#define __readonly
#define __notreadonly
#define __byte_readableTo(a)
#define __byte_writableTo(a)
#define __elem_readableTo(a)
#define __elem_writableTo(a)
#define __file_parser(a)
#define __file_parser_class(a)
#define __file_parser_library(a)
#define __source_code_content(a)
#define __class_code_content(a)
#define __declare_parser_class(a)
#define __assume_bound(a)
#define __assume_validated(a)
#define __range_max(a, b)
#define __range_min(a, b)
#define __ANNOTATION(a)
#define __PRIMOP(a, b)
#define __QUALIFIER(a, b)
#define __inner_exceptthat
#define _SAL2_Source_(a, b, c)
#define _SA_annotes0(a)
#define _SA_annotes1(a, b)
#define _SA_annotes2(a, b, c)
#define _SA_annotes3(a, b, c, d)
