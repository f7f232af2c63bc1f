// The boot configuration's objects, as keys below \Registry\Machine\BCD00000000\Objects.
#pragma once

#include <string_view>

namespace nt::cm {

inline constexpr std::u16string_view kBootManagerObject = u"{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
/// The machine's one operating system, which is what SystemBootEnvironmentInformation names.
inline constexpr std::u16string_view kBootLoaderObject = u"{00000052-0069-006e-676c-657400000000}";

}  // namespace nt::cm
