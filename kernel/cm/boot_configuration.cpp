#include "kernel/cm/boot_configuration.h"

#include "kernel/cm/cm.h"
#include "kernel/ke/boot_options.h"

namespace nt::cm {
namespace {

constexpr std::u16string_view kObjects = u"\\Registry\\Machine\\BCD00000000\\Objects\\";
constexpr std::u16string_view kControl = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control";

/// A Boolean element of the entry that boots; false if it has none.
bool Element(std::u16string_view entry, std::u16string_view number) {
  const auto data = ReadBinary(std::u16string(kObjects).append(entry) + u"\\Elements\\" + std::u16string(number), u"Element");
  return data && !data->empty() && data->front() != 0;
}

/// What the loader hands on as text; drivers find it in the registry.
void PublishStartOptions(const ke::BootOptions& options) {
  std::u16string text = u" NOEXECUTE=OPTIN";
  if (options.debugger) text.insert(0, u" DEBUG ");
  if (options.test_signing) text.insert(0, u" TESTSIGNING ");
  if (ReadString(kControl, u"SystemStartOptions") != text) SetString(kControl, u"SystemStartOptions", text);
}

}  // namespace

void LoadBootOptions() {
  constexpr std::u16string_view kTestSigning = u"16000049", kDebugger = u"260000a0", kDefaultEntry = u"23000003";
  const auto entry =
      ReadString(std::u16string(kObjects).append(kBootManagerObject) + u"\\Elements\\" + std::u16string(kDefaultEntry), u"Element");
  const std::u16string object = entry.value_or(std::u16string(kBootLoaderObject));
  const ke::BootOptions options{.test_signing = Element(object, kTestSigning), .debugger = Element(object, kDebugger)};
  ke::SetBootOptions(options);
  PublishStartOptions(options);
}

}  // namespace nt::cm
