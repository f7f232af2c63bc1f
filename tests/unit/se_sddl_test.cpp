// Security descriptors as text, there and back.
#include "kernel/se/sddl.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernel/ex/ex.h"
#include "nt/status.h"
#include "ringlet/machine.h"

namespace nt::se::test {
namespace {

/// What the descriptors that these texts make are as text.
std::vector<std::string> ThereAndBack(const std::vector<std::u16string>& texts) {
  std::vector<std::string> back;
  ringlet::Options options;
  options.virtual_time = true;
  ringlet::Machine machine(options);
  machine.Call([&] {
    for (const std::u16string& text : texts) {
      PSECURITY_DESCRIPTOR descriptor = nullptr;
      ASSERT_EQ(DescriptorFromText(text, &descriptor), STATUS_SUCCESS);
      back.push_back(TextOfDescriptor(descriptor));
      ex::FreePool(descriptor);
    }
  });
  return back;
}

TEST(SddlText, IsWhatItWasMadeFrom) {
  const std::vector<std::u16string> texts{u"O:BAG:SYD:P(A;;GA;;;SY)(D;OICI;GWGR;;;WD)", u"D:", u"D:AI(A;ID;FA;;;S-1-5-21-1-2-3-1001)",
                                          u"O:SYD:NO_ACCESS_CONTROL", u"S:(AU;SAFA;CCRC;;;BU)(ML;;NWNR;;;HI)"};
  const std::vector<std::string> back = ThereAndBack(texts);
  ASSERT_EQ(back.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(std::u16string(back[i].begin(), back[i].end()), texts[i]);
}

TEST(SddlText, RightsAreWordsWhereThereAreSome) {
  EXPECT_EQ(ThereAndBack({u"D:(A;;0x1f01ff;;;WD)(A;;0x20019;;;WD)(A;;0x1201bf;;;WD)(A;;0x20003;;;WD)"}).front(),
            "D:(A;;FA;;;WD)(A;;KR;;;WD)(A;;0x1201bf;;;WD)(A;;CCDCRC;;;WD)");
}

}  // namespace
}  // namespace nt::se::test
